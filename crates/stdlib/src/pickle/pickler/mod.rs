//! `Pickler`, and the functions that pickle without one.
//!
//! A [`Saver`] does the work of one `dump`; the object keeps what lasts from one to the next: the settings, the
//! hooks, and the memo, which later pickles of the same pickler refer to.

mod containers;
mod global;
mod output;
mod reduce;
mod save;

use std::cell::{Cell, RefCell};

use taipan_macros::{class, methods};
use taipan_objects::bytes::Bytes;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Trace, Type, generic_getattr};
use taipan_objects::dict::Dict;
use taipan_objects::gc::Visitor;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, heap, id, int, protocol};

use super::memo::Memo;
use super::opcodes::{DEFAULT_PROTOCOL, HIGHEST_PROTOCOL};
use super::{hook, pickling_error, set_attribute};
use output::Output;
use save::Saver;

/// What the arguments of a pickler decide.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    protocol: i64,
    fix_imports: bool,
}

impl Settings {
    /// The settings that the arguments ask for.
    pub(super) fn new(protocol: Option<&Value>, fix_imports: bool) -> PyResult<Settings> {
        let protocol = match protocol {
            None => DEFAULT_PROTOCOL,
            Some(protocol) => match int::as_i64(protocol)? {
                ..0 => HIGHEST_PROTOCOL,
                protocol @ 0..=HIGHEST_PROTOCOL => protocol,
                _ => bail!(ValueError, "pickle protocol must be <= {HIGHEST_PROTOCOL}"),
            },
        };
        Ok(Settings {
            protocol,
            fix_imports: fix_imports && protocol < 3,
        })
    }

    /// Raises if there is a callback that the protocol has no use for.
    pub(super) fn check_callback(&self, callback: Option<&Value>) -> PyResult<()> {
        if callback.is_some() && self.protocol < 5 {
            bail!(ValueError, "buffer_callback needs protocol >= 5");
        }
        Ok(())
    }
}

/// The `write` method of a file.
pub(super) fn write_method(file: &Value) -> PyResult<Value> {
    protocol::getattr_optional(file, id!("write"))?
        .ok_or_else(|| exc!(TypeError, "file must have a 'write' attribute"))
}

/// Pickles to a file without a pickler.
pub(super) fn dump_to(
    settings: Settings,
    write: Value,
    callback: Option<&Value>,
    value: &Value,
) -> PyResult<()> {
    let memo = RefCell::default();
    let mut saver = Saver::new(settings, Output::new(Some(write)), &memo);
    saver.buffer_callback = callback.cloned();
    saver.dump(value).map(drop)
}

/// Pickles to bytes.
pub(super) fn dump_to_bytes(
    settings: Settings,
    callback: Option<&Value>,
    value: &Value,
) -> PyResult<Value> {
    let memo = RefCell::default();
    let mut saver = Saver::new(settings, Output::new(None), &memo);
    saver.buffer_callback = callback.cloned();
    Ok(Bytes::new(&saver.dump(value)?).into_value())
}

/// The payload of `_pickle.Pickler`.
#[class(
    name = "Pickler",
    module = "_pickle",
    flags(BASETYPE),
    references = true,
    manual_trace,
    doc = "This takes a binary file for writing a pickle data stream.\n\nThe optional *protocol* argument tells the pickler to use the given\nprotocol; supported protocols are 0, 1, 2, 3, 4 and 5.  A negative\nprotocol selects the highest one.\n\nThe *file* argument must have a write() method that accepts a single\nbytes argument.\n\nIf *fix_imports* is True and protocol is less than 3, the names of\nmodules and globals become those of Python 2.\n\nIf *buffer_callback* is not None, it is called with each buffer; if it\nreturns a false value (such as None), the buffer stays out of the pickle."
)]
pub(super) struct Pickler {
    memo: RefCell<Memo>,
    settings: Cell<Settings>,
    /// Whether opcodes have binary arguments; also what a program made of it.
    bin: Cell<i32>,
    /// Whether nothing is memoized.
    fast: Cell<i32>,
    /// The `write` method of the file; nothing before `__init__`.
    write: Slot,
    buffer_callback: Slot,
    dispatch_table: Slot,
    /// What was assigned to the attribute `persistent_id`.
    persistent_id: Slot,
}

impl Trace for Pickler {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.memo.trace(visitor);
        for slot in self.slots() {
            slot.trace(visitor);
        }
    }

    fn clear(&self) {
        drop(self.memo.take());
        for slot in self.slots() {
            slot.clear();
        }
    }
}

impl Pickler {
    fn slots(&self) -> [&Slot; 4] {
        [
            &self.write,
            &self.buffer_callback,
            &self.dispatch_table,
            &self.persistent_id,
        ]
    }
}

/// Replaces a memo. What it held is released when nobody looks at it.
fn replace_memo(memo: &RefCell<Memo>, new: Memo) {
    let old = memo.replace(new);
    drop(old);
}

/// The value that is assigned; deleting is refused.
fn assigned(value: Option<&Value>) -> PyResult<&Value> {
    value.ok_or_else(|| exc!(TypeError, "attribute deletion is not supported"))
}

fn assigned_number(value: Option<&Value>) -> PyResult<i32> {
    match value {
        Some(value) => int::as_i32(value),
        None => bail!(TypeError, "can't delete numeric/char attribute"),
    }
}

#[methods]
impl Pickler {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: taipan_objects::args::Args<'_>) -> PyResult<Value> {
        let pickler = Pickler {
            memo: RefCell::default(),
            settings: Cell::new(Settings {
                protocol: 0,
                fix_imports: false,
            }),
            bin: Cell::new(0),
            fast: Cell::new(0),
            write: Slot::empty(),
            buffer_callback: Slot::empty(),
            dispatch_table: Slot::empty(),
            persistent_id: Slot::empty(),
        };
        Ok(heap::new_object(class, pickler).into_value())
    }

    #[init("(file, protocol=None, fix_imports=True, buffer_callback=None)")]
    fn init(
        this: &Ref<Pickler>,
        file: &Value,
        protocol: Option<&Value>,
        fix_imports: bool,
        buffer_callback: Option<&Value>,
    ) -> PyResult<()> {
        if !this.write.is_empty() {
            replace_memo(&this.memo, Memo::default());
            this.write.set(None);
            this.dispatch_table.set(None);
        }
        let settings = Settings::new(protocol, fix_imports)?;
        let write = write_method(file)?;
        settings.check_callback(buffer_callback)?;
        this.settings.set(settings);
        this.bin.set(i32::from(settings.protocol > 0));
        this.fast.set(0);
        this.buffer_callback.set(buffer_callback.cloned());
        this.write.set(Some(write));
        if this.dispatch_table.is_empty() {
            let table = protocol::getattr_optional(this.as_value(), id!("dispatch_table"))?;
            this.dispatch_table.set(table);
        }
        Ok(())
    }

    #[slot(getattr)]
    fn getattr(this: &Ref<Pickler>, name: &Ref<Str>) -> PyResult<Value> {
        if !this.persistent_id.is_empty()
            && name.eq_str("persistent_id")
            && let Some(hook) = this.persistent_id.get()
        {
            return Ok(hook);
        }
        generic_getattr(this.as_value(), name)
    }

    #[slot(setattr)]
    fn setattr(this: &Ref<Pickler>, name: &Ref<Str>, new: Option<&Value>) -> PyResult<()> {
        if name.eq_str("persistent_id") {
            this.persistent_id.set(new.cloned());
            return Ok(());
        }
        set_attribute(this.as_value(), name, new)
    }

    #[method("($self, obj, /)")]
    fn persistent_id(_this: &Ref<Pickler>, _obj: &Value) {}

    /// Write a pickled representation of the given object to the open file.
    #[method("($self, obj, /)")]
    fn dump(this: &Ref<Pickler>, obj: &Value) -> PyResult<()> {
        let Some(write) = this.write.get() else {
            let name = this.class().name();
            return Err(pickling_error(format!(
                "Pickler.__init__() was not called by {name}.__init__()"
            )));
        };
        let memo = &this.memo;
        let mut saver = Saver::new(this.settings.get(), Output::new(Some(write)), memo);
        saver.bin = this.bin.get() != 0;
        saver.fast = this.fast.get() != 0;
        saver.buffer_callback = this.buffer_callback.get();
        saver.dispatch_table = this.dispatch_table.get();
        saver.persistent_id = hook(this.as_value(), id!("persistent_id"))?;
        saver.reducer_override =
            protocol::getattr_optional(this.as_value(), id!("reducer_override"))?;
        saver.dump(obj).map(drop)
    }

    /// Clears the pickler's "memo".
    ///
    /// The memo is the data structure that remembers which objects the
    /// pickler has already seen, so that shared or recursive objects are
    /// pickled by reference and not by value.  This method is useful when
    /// re-using picklers.
    #[method("($self, /)")]
    fn clear_memo(&self) {
        replace_memo(&self.memo, Memo::default());
    }

    /// Returns size in memory, in bytes.
    #[method("($self, /)", name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        // A table has at least two places for each entry.
        size_of::<Pickler>() + self.memo.borrow().len() * (size_of::<(Value, i64)>() + 8)
    }

    #[getter(member)]
    fn bin(&self) -> i64 {
        self.bin.get().into()
    }

    #[setter(name = "bin")]
    fn set_bin(&self, value: Option<&Value>) -> PyResult<()> {
        self.bin.set(assigned_number(value)?);
        Ok(())
    }

    #[getter(member)]
    fn fast(&self) -> i64 {
        self.fast.get().into()
    }

    #[setter(name = "fast")]
    fn set_fast(&self, value: Option<&Value>) -> PyResult<()> {
        self.fast.set(assigned_number(value)?);
        Ok(())
    }

    #[getter(member)]
    fn dispatch_table(this: &Ref<Pickler>) -> PyResult<Value> {
        this.dispatch_table.get().ok_or_else(|| {
            let message = format!(
                "'{}' object has no attribute 'dispatch_table'",
                this.class().name()
            );
            protocol::attribute_error(this.as_value(), id!("dispatch_table"), message)
        })
    }

    #[setter(name = "dispatch_table")]
    fn set_dispatch_table(&self, value: Option<&Value>) -> PyResult<()> {
        if value.is_none() && self.dispatch_table.is_empty() {
            bail!(AttributeError, "dispatch_table");
        }
        self.dispatch_table.set(value.cloned());
        Ok(())
    }

    #[getter]
    fn memo(this: &Ref<Pickler>) -> Ref<PicklerMemoProxy> {
        heap::new_object(
            PicklerMemoProxy::class(),
            PicklerMemoProxy {
                pickler: this.clone(),
            },
        )
    }

    #[setter(name = "memo")]
    fn set_memo(&self, value: Option<&Value>) -> PyResult<()> {
        let value = assigned(value)?;
        if let Some(proxy) = value.downcast_exact::<PicklerMemoProxy>() {
            let copy = proxy.pickler.memo.borrow().clone();
            replace_memo(&self.memo, copy);
            return Ok(());
        }
        let Some(dict) = value.downcast::<Dict>() else {
            bail!(
                TypeError,
                "'memo' attribute must be a PicklerMemoProxy object or dict, not {}",
                value.class().name()
            );
        };
        let mut memo = Memo::default();
        for (_, entry) in dict.iter_snapshot() {
            let Some([number, object]) = entry.downcast::<Tuple>().map(|pair| pair.as_slice())
            else {
                bail!(TypeError, "'memo' values must be 2-item tuples");
            };
            if !int::is_int(number) {
                bail!(TypeError, "an integer is required");
            }
            memo.set(object, int::as_isize(number)? as i64);
        }
        replace_memo(&self.memo, memo);
        Ok(())
    }
}

/// The attribute `memo` of a pickler.
#[class(
    name = "PicklerMemoProxy",
    module = "_pickle",
    flags(BASETYPE, NO_INSTANTIATION)
)]
pub(super) struct PicklerMemoProxy {
    pickler: Ref<Pickler>,
}

#[methods]
impl PicklerMemoProxy {
    /// Remove all items from memo.
    #[method("($self, /)")]
    fn clear(&self) {
        replace_memo(&self.pickler.memo, Memo::default());
    }

    /// Copy the memo to a new object.
    #[method("($self, /)")]
    fn copy(&self) -> PyResult<Ref<Dict>> {
        let entries = self.pickler.memo.borrow().entries().to_vec();
        let dict = Dict::new();
        for (value, number) in entries {
            let pair = Tuple::pair(int::new(number), value.clone());
            dict.set(int::from_u64(value.id()), pair.into_value())?;
        }
        Ok(dict)
    }

    /// Implement pickle support.
    #[method("($self, /)", name = "__reduce__")]
    fn reduce(&self) -> PyResult<Ref<Tuple>> {
        let contents = Tuple::from_array([self.copy()?.into_value()]);
        Ok(Tuple::pair(Dict::class().to_value(), contents.into_value()))
    }

    #[slot(hash)]
    fn hash(this: &Value) -> PyResult<i64> {
        Err(protocol::unhashable(this))
    }
}
