//! `sys.monitoring` (PEP 669): events and the tools that listen to them.

mod event;

pub use event::Event;
