//! The abstract machine that runs a trace: frames with symbols in their locals and on their stacks.
//!
//! One frame is what the trace began in; the others are functions that it was followed into. Together they have limited room, and
//! nest to a limited depth: what asks for more ends the pass, and what was rewritten so far stays.

use taipan_bytecode::tunables::{MAX_ABSTRACT_FRAME_DEPTH, MAX_ABSTRACT_INTERP_SIZE};
use taipan_interp::code::Code;
use taipan_objects::value::Ref;

use crate::symbols::{Halt, SymId, Symbols};

/// A frame of the abstract machine.
#[derive(Debug)]
pub struct Frame {
    /// What it runs.
    pub code: Ref<Code>,
    locals: Vec<SymId>,
    stack: Vec<SymId>,
}

impl Frame {
    fn words(&self) -> usize {
        self.code.frame_size
    }
}

/// What is known while a trace is run abstractly.
#[derive(Debug)]
pub struct Context {
    /// The symbols of everything.
    pub symbols: Symbols,
    /// The running frame is the last.
    frames: Vec<Frame>,
    /// Words of all frames.
    words: usize,
    /// The frame that a call has made and `_PUSH_FRAME` will enter.
    made: Option<Frame>,
}

impl Context {
    /// A machine in a frame of `code` of which nothing is known, with `depth` values on its stack.
    pub fn new(code: &Ref<Code>, depth: usize) -> Result<Context, Halt> {
        let mut context = Context {
            symbols: Symbols::new(),
            frames: Vec::new(),
            words: 0,
            made: None,
        };
        let mut frame = context.frame_of(code, &[])?;
        for _ in 0..depth {
            frame.stack.push(context.symbols.unknown()?);
        }
        context.enter(frame)?;
        Ok(context)
    }

    /// A new frame. Its first locals are `arguments`; of the others nothing is known.
    fn frame_of(&mut self, code: &Ref<Code>, arguments: &[SymId]) -> Result<Frame, Halt> {
        let mut locals = arguments.to_vec();
        for _ in locals.len()..code.localsplus_count() {
            locals.push(self.symbols.unknown()?);
        }
        Ok(Frame {
            code: code.clone(),
            locals,
            stack: Vec::with_capacity(code.stack_size as usize),
        })
    }

    fn enter(&mut self, frame: Frame) -> Result<(), Halt> {
        self.words += frame.words();
        if self.frames.len() >= MAX_ABSTRACT_FRAME_DEPTH || self.words > MAX_ABSTRACT_INTERP_SIZE {
            return Err(Halt::OutOfSpace);
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Makes the frame that `_PUSH_FRAME` enters.
    pub fn make_frame(&mut self, code: &Ref<Code>, arguments: &[SymId]) -> Result<(), Halt> {
        self.made = Some(self.frame_of(code, arguments)?);
        Ok(())
    }

    /// Enters the frame that was made.
    pub fn push_frame(&mut self) -> Result<(), Halt> {
        let frame = self.made.take().ok_or(Halt::Unpredictable)?;
        self.enter(frame)
    }

    /// Goes back to the caller's frame; answers the code that is left.
    pub fn pop_frame(&mut self) -> Result<Ref<Code>, Halt> {
        if self.frames.len() < 2 {
            return Err(Halt::Unpredictable);
        }
        let frame = self.frames.pop().ok_or(Halt::Unpredictable)?;
        self.words -= frame.words();
        Ok(frame.code)
    }

    /// The running frame.
    pub fn frame(&self) -> &Frame {
        self.frames.last().expect("a machine has a frame")
    }

    fn frame_mut(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a machine has a frame")
    }

    /// What is known of a local.
    pub fn local(&self, index: u32) -> Result<SymId, Halt> {
        let found = self.frame().locals.get(index as usize).copied();
        found.ok_or(Halt::Unpredictable)
    }

    /// Gives a local another value.
    pub fn set_local(&mut self, index: u32, value: SymId) -> Result<(), Halt> {
        let local = self.frame_mut().locals.get_mut(index as usize);
        *local.ok_or(Halt::Unpredictable)? = value;
        Ok(())
    }

    /// Number of values on the running frame's stack.
    pub fn depth(&self) -> usize {
        self.frame().stack.len()
    }

    /// Puts a value on top.
    pub fn push(&mut self, value: SymId) {
        self.frame_mut().stack.push(value);
    }

    /// Takes the value on top.
    pub fn pop(&mut self) -> Result<SymId, Halt> {
        self.frame_mut().stack.pop().ok_or(Halt::Unpredictable)
    }

    /// Takes so many values.
    pub fn drop_values(&mut self, count: usize) -> Result<(), Halt> {
        let depth = self.depth().checked_sub(count);
        let depth = depth.ok_or(Halt::Unpredictable)?;
        self.frame_mut().stack.truncate(depth);
        Ok(())
    }

    fn place(&self, depth: usize) -> Result<usize, Halt> {
        let place = self.depth().checked_sub(depth + 1);
        place.ok_or(Halt::Unpredictable)
    }

    /// The value so deep; 0 is on top.
    pub fn peek(&self, depth: usize) -> Result<SymId, Halt> {
        Ok(self.frame().stack[self.place(depth)?])
    }

    /// Puts another value so deep.
    pub fn poke(&mut self, depth: usize, value: SymId) -> Result<(), Halt> {
        let place = self.place(depth)?;
        self.frame_mut().stack[place] = value;
        Ok(())
    }

    /// The top `count` values, the deepest first.
    pub fn top(&self, count: usize) -> Result<&[SymId], Halt> {
        let first = self.depth().checked_sub(count);
        Ok(&self.frame().stack[first.ok_or(Halt::Unpredictable)?..])
    }
}
