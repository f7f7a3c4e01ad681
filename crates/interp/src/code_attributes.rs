//! What Python sees of code objects: the constructor, `replace`, the `co_*` attributes, the iterators over its tables.
//!
//! Tuples and bytes that Python reads are made from the payload's own tables when they are first asked for, and kept with
//! the code. Bytecode shown here is always the original one: specialized and instrumented opcodes are shown as what they
//! stand for, except by `_co_code_adaptive`.

use std::cell::Cell;

use taipan_bytecode::linetable::{self, Entry, LineRange};
use taipan_bytecode::{CodeUnit, Opcode, instructions};
use taipan_compiler::{flags, kinds};
use taipan_macros::{class, methods};
use taipan_objects::args::Kwargs;
use taipan_objects::bytes::Bytes;
use taipan_objects::class::{Comparison, Trace, Type, Visitor};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::native::{ArgInfo, ArgPlace, FromArg};
use taipan_objects::raised::PyResult;
use taipan_objects::set::FrozenSet;
use taipan_objects::slice::Slice;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, complex, float, hash, heap, int, protocol, warnings};

use crate::code::{Code, CodeParts};

/// A number of the constructor, which is not negative.
fn count(name: &str, value: i32) -> PyResult<u32> {
    match u32::try_from(value) {
        Ok(value) => Ok(value),
        Err(_) => bail!(ValueError, "code: {name} must not be negative"),
    }
}

/// The exact strings of a tuple of names, interned.
fn names(tuple: &Ref<Tuple>) -> PyResult<Vec<Ref<Str>>> {
    let mut names = Vec::with_capacity(tuple.len());
    for item in tuple.to_vec() {
        match item.downcast::<Str>() {
            Some(name) => names.push(Str::intern_ref(&name.to_exact())),
            None => bail!(
                TypeError,
                "name tuples must contain only strings, not '{}'",
                item.class().name()
            ),
        }
    }
    Ok(names)
}

/// The variables of a code object as Python gives them.
struct Variables {
    local: Vec<Ref<Str>>,
    cell: Vec<Ref<Str>>,
    free: Vec<Ref<Str>>,
}

impl Variables {
    /// One list of names and their kinds: a cell that is a local too has one place.
    fn merged(self) -> (Vec<Ref<Str>>, Vec<u8>) {
        let local_count = self.local.len();
        let mut names = self.local;
        let mut found = vec![kinds::LOCAL; local_count];
        for name in self.cell {
            match names[..local_count]
                .iter()
                .position(|local| local.same_text(&name))
            {
                Some(index) => found[index] |= kinds::CELL,
                None => {
                    names.push(name);
                    found.push(kinds::CELL);
                }
            }
        }
        for name in self.free {
            names.push(name);
            found.push(kinds::FREE);
        }
        (names, found)
    }
}

/// Marks the variables of comprehensions inlined into a module or class body, which `locals()` does not show.
fn mark_hidden(code: &[u8], found: &mut [u8]) -> PyResult<()> {
    let units: Vec<CodeUnit> = code
        .chunks_exact(2)
        .map(|pair| CodeUnit::from_bytes([pair[0], pair[1]]))
        .collect();
    for instruction in instructions(&units) {
        if instruction.opcode == Ok(Opcode::LoadFastAndClear) {
            match found.get_mut(instruction.oparg as usize) {
                Some(kind) => *kind |= kinds::HIDDEN,
                None => bail!(
                    ValueError,
                    "code: LOAD_FAST_AND_CLEAR oparg {} out of range",
                    instruction.oparg
                ),
            }
        }
    }
    Ok(())
}

/// Finishes `parts` from separate lists of variables, checks that they fit together, and makes the code object.
fn assemble(mut parts: CodeParts, local_count: u32, variables: Variables) -> PyResult<Ref<Code>> {
    let variable_count = variables.local.len();
    if parts.arg_count < parts.posonly_arg_count
        || parts.stack_size > i32::MAX as u32
        || parts.flags > i32::MAX as u32
    {
        bail!(SystemError, "bad argument to internal function");
    }
    let (names, mut found) = variables.merged();
    if parts.flags & flags::OPTIMIZED == 0 {
        mark_hidden(&parts.code, &mut found)?;
    }
    parts.localsplus_names = names;
    parts.localsplus_kinds = found;
    if !parts.code.len().is_multiple_of(2) {
        bail!(ValueError, "code: co_code is malformed");
    }
    let stars = u64::from(parts.flags & flags::VARARGS != 0)
        + u64::from(parts.flags & flags::VARKEYWORDS != 0);
    if (variable_count as u64)
        < u64::from(parts.arg_count) + u64::from(parts.kwonly_arg_count) + stars
    {
        bail!(ValueError, "code: co_varnames is too small");
    }
    if local_count as usize != variable_count {
        bail!(ValueError, "code: co_nlocals != len(co_varnames)");
    }
    Ok(Code::new(parts))
}

/// Whether two constants are the same one: of one type, with zeros of one sign.
fn same_constant(left: &Value, right: &Value) -> PyResult<bool> {
    if left.is(right) {
        return Ok(true);
    }
    if !left.class().is(right.class()) {
        return Ok(false);
    }
    if let (Some(left), Some(right)) = (
        left.downcast_exact::<Tuple>(),
        right.downcast_exact::<Tuple>(),
    ) {
        return same_constants(left.as_slice(), right.as_slice());
    }
    if let (Some(left), Some(right)) = (
        left.downcast_exact::<Slice>(),
        right.downcast_exact::<Slice>(),
    ) {
        return Ok(same_constant(left.start_value(), right.start_value())?
            && same_constant(left.stop_value(), right.stop_value())?
            && same_constant(left.step_value(), right.step_value())?);
    }
    if let (Some(left), Some(right)) = (
        left.downcast_exact::<FrozenSet>(),
        right.downcast_exact::<FrozenSet>(),
    ) {
        return same_members(left, right);
    }
    let same = |left: f64, right: f64| {
        left == right && left.is_sign_negative() == right.is_sign_negative()
    };
    if let (Some(left), Some(right)) = (float::exact(left), float::exact(right)) {
        return Ok(same(left, right));
    }
    if let (Some(left), Some(right)) = (complex::parts_of(left), complex::parts_of(right)) {
        return Ok(same(left.re, right.re) && same(left.im, right.im));
    }
    let comparable = int::is_exact(left)
        || left.downcast_exact::<Str>().is_some()
        || left.downcast_exact::<Bytes>().is_some()
        || left.downcast_exact::<Code>().is_some();
    Ok(comparable && protocol::equal(left, right)?)
}

fn same_constants(left: &[Value], right: &[Value]) -> PyResult<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (left, right) in left.iter().zip(right) {
        if !same_constant(left, right)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_members(left: &Ref<FrozenSet>, right: &Ref<FrozenSet>) -> PyResult<bool> {
    let (left, mut rest) = (
        protocol::collect(left.as_value())?,
        protocol::collect(right.as_value())?,
    );
    if left.len() != rest.len() {
        return Ok(false);
    }
    for member in &left {
        let mut found = None;
        for (index, candidate) in rest.iter().enumerate() {
            if same_constant(member, candidate)? {
                found = Some(index);
                break;
            }
        }
        match found {
            Some(index) => drop(rest.swap_remove(index)),
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn same_names(left: &[Ref<Str>], right: &[Ref<Str>]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(left, right)| left.same_text(right))
}

impl Code {
    fn equals(&self, other: &Code) -> PyResult<bool> {
        let numbers = |code: &Code| {
            (
                code.arg_count,
                code.posonly_arg_count,
                code.kwonly_arg_count,
                code.flags,
                code.first_line,
                code.units().len(),
            )
        };
        Ok(numbers(self) == numbers(other)
            && self.name.same_text(&other.name)
            && self.original_bytes() == other.original_bytes()
            && same_constants(&self.consts, &other.consts)?
            && same_names(&self.names, &other.names)
            && same_names(&self.localsplus_names, &other.localsplus_names)
            && self.linetable.0 == other.linetable.0
            && self.exceptiontable.0 == other.exceptiontable.0)
    }

    /// `co_consts`.
    pub fn consts_tuple(&self) -> Value {
        self.cached("co_consts", || {
            Tuple::new(self.consts.to_vec()).into_value()
        })
    }

    fn variables(&self, key: &'static str, kind: u8) -> Value {
        self.cached(key, || Tuple::new(self.names_of_kind(kind)).into_value())
    }

    fn variable_names(&self, kind: u8) -> Vec<Ref<Str>> {
        let names = self.localsplus_names.iter().zip(&self.localsplus_kinds.0);
        names
            .filter(|(_, found)| **found & kind != 0)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The table of the old `co_lnotab`: pairs of differences of bytes and of lines.
    fn line_number_table(&self) -> Vec<u8> {
        let mut table = Vec::new();
        let (mut offset, mut line) = (0i64, i64::from(self.first_line as i32));
        for range in linetable::lines(&self.linetable.0, self.first_line) {
            let Some(next) = range.line.map(i64::from).filter(|&next| next != line) else {
                continue;
            };
            let (mut bytes, mut lines) = (i64::from(range.start) * 2 - offset, next - line);
            (offset, line) = (i64::from(range.start) * 2, next);
            while bytes > 255 {
                table.extend([255, 0]);
                bytes -= 255;
            }
            while !(-128..=127).contains(&lines) {
                let step: i64 = if lines > 0 { 127 } else { -128 };
                table.extend([bytes as u8, step as i8 as u8]);
                (bytes, lines) = (0, lines - step);
            }
            table.extend([bytes as u8, lines as i8 as u8]);
        }
        table
    }
}

#[methods]
impl Code {
    /// Create a code object.  Not for mere mortals.
    #[new(
        "(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, codestring, constants, names, varnames, \
         filename, name, qualname, firstlineno, linetable, exceptiontable, freevars=(), cellvars=(), /)"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "the constructor's parameters are Python's"
    )]
    fn make(
        _class: &Ref<Type>,
        argcount: i32,
        posonlyargcount: i32,
        kwonlyargcount: i32,
        nlocals: i32,
        stacksize: i32,
        flags: i32,
        codestring: &Ref<Bytes>,
        constants: &Ref<Tuple>,
        names_tuple: &Ref<Tuple>,
        varnames: &Ref<Tuple>,
        filename: &Ref<Str>,
        name: &Ref<Str>,
        qualname: &Ref<Str>,
        firstlineno: i32,
        linetable: &Ref<Bytes>,
        exceptiontable: &Ref<Bytes>,
        freevars: Option<&Ref<Tuple>>,
        cellvars: Option<&Ref<Tuple>>,
    ) -> PyResult<Ref<Code>> {
        let parts = CodeParts {
            arg_count: count("argcount", argcount)?,
            posonly_arg_count: count("posonlyargcount", posonlyargcount)?,
            kwonly_arg_count: count("kwonlyargcount", kwonlyargcount)?,
            stack_size: stacksize as u32,
            flags: flags as u32,
            code: codestring.as_slice().to_vec(),
            consts: constants.to_vec(),
            names: names(names_tuple)?,
            localsplus_names: Vec::new(),
            localsplus_kinds: Vec::new(),
            filename: filename.clone(),
            name: Str::intern_ref(name),
            qualname: Str::intern_ref(qualname),
            linetable: linetable.as_slice().to_vec(),
            exceptiontable: exceptiontable.as_slice().to_vec(),
            first_line: firstlineno as u32,
        };
        let local_count = count("nlocals", nlocals)?;
        let optional = |tuple: Option<&Ref<Tuple>>| tuple.map_or(Ok(Vec::new()), names);
        let variables = Variables {
            local: names(varnames)?,
            cell: optional(cellvars)?,
            free: optional(freevars)?,
        };
        assemble(parts, local_count, variables)
    }

    #[slot(repr)]
    fn repr(this: &Ref<Code>) -> String {
        let line = if this.first_line == 0 {
            -1
        } else {
            this.first_line as i32
        };
        format!(
            "<code object {} at {:#x}, file \"{}\", line {line}>",
            this.name.to_display(),
            this.as_value().id(),
            this.filename().to_display()
        )
    }

    #[slot(hash)]
    fn hash(&self) -> PyResult<i64> {
        let mut mix: u64 = 20_221_211;
        let mut add = |value: i64| mix = (mix ^ value as u64).wrapping_mul(1_000_003);
        add(self.name.hash_value());
        add(protocol::hash(&self.consts_tuple())?);
        for name in self.names.iter().chain(&self.localsplus_names) {
            add(name.hash_value());
        }
        for table in [
            &self.linetable.0[..],
            &self.exceptiontable.0[..],
            &self.original_bytes()[..],
        ] {
            add(hash::hash_bytes(table));
        }
        for number in [
            self.arg_count,
            self.posonly_arg_count,
            self.kwonly_arg_count,
            self.flags,
            self.first_line,
        ] {
            add(i64::from(number));
        }
        Ok(hash::avoid_minus_one(mix as i64))
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(other) = other.downcast::<Code>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        match comparison {
            Comparison::Eq => Ok(Value::from_bool(self.equals(other)?)),
            Comparison::Ne => Ok(Value::from_bool(!self.equals(other)?)),
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }
}

/// Converts one of the changes that `replace` takes.
fn change<'a, T: FromArg<'a>>(
    function: &'static str,
    name: &'static str,
    value: &'a Value,
) -> PyResult<T> {
    T::from_arg(
        value,
        &ArgInfo {
            function,
            place: ArgPlace::Name(name),
        },
    )
}

/// A number that `replace` takes.
fn number(function: &'static str, name: &'static str, value: &Value) -> PyResult<u32> {
    match u32::try_from(change::<i32>(function, name, value)?) {
        Ok(number) => Ok(number),
        Err(_) => bail!(ValueError, "{name} must be a positive integer"),
    }
}

/// A copy of `code` with some of its attributes replaced.
fn replaced(code: &Code, function: &'static str, changes: &Kwargs<'_>) -> PyResult<Ref<Code>> {
    let mut parts = code.to_parts();
    let mut local_count = code.local_count;
    let mut variables = Variables {
        local: code.variable_names(kinds::LOCAL),
        cell: code.variable_names(kinds::CELL),
        free: code.variable_names(kinds::FREE),
    };
    let bytes = |name, value| {
        change::<&Ref<Bytes>>(function, name, value).map(|bytes| bytes.as_slice().to_vec())
    };
    let tuple = |name, value| change::<&Ref<Tuple>>(function, name, value);
    let text = |name, value| change::<&Ref<Str>>(function, name, value);
    for (name, value) in &changes.0 {
        match &*name.to_display() {
            "co_argcount" => parts.arg_count = number(function, "co_argcount", value)?,
            "co_posonlyargcount" => {
                parts.posonly_arg_count = number(function, "co_posonlyargcount", value)?
            }
            "co_kwonlyargcount" => {
                parts.kwonly_arg_count = number(function, "co_kwonlyargcount", value)?
            }
            "co_nlocals" => local_count = number(function, "co_nlocals", value)?,
            "co_stacksize" => parts.stack_size = number(function, "co_stacksize", value)?,
            "co_flags" => parts.flags = number(function, "co_flags", value)?,
            "co_firstlineno" => parts.first_line = number(function, "co_firstlineno", value)?,
            "co_code" => parts.code = bytes("co_code", value)?,
            "co_consts" => parts.consts = tuple("co_consts", value)?.to_vec(),
            "co_names" => parts.names = names(tuple("co_names", value)?)?,
            "co_varnames" => variables.local = names(tuple("co_varnames", value)?)?,
            "co_freevars" => variables.free = names(tuple("co_freevars", value)?)?,
            "co_cellvars" => variables.cell = names(tuple("co_cellvars", value)?)?,
            "co_filename" => parts.filename = text("co_filename", value)?.clone(),
            "co_name" => parts.name = Str::intern_ref(text("co_name", value)?),
            "co_qualname" => parts.qualname = Str::intern_ref(text("co_qualname", value)?),
            "co_linetable" => parts.linetable = bytes("co_linetable", value)?,
            "co_exceptiontable" => parts.exceptiontable = bytes("co_exceptiontable", value)?,
            other => bail!(
                TypeError,
                "{function}() got an unexpected keyword argument '{other}'"
            ),
        }
    }
    assemble(parts, local_count, variables)
}

fn optional_number(number: Option<u32>) -> Value {
    number.map_or(Value::NONE, |number| int::new(i64::from(number as i32)))
}

#[methods(part = attributes)]
impl Code {
    #[getter(member)]
    fn co_argcount(&self) -> u32 {
        self.arg_count
    }

    #[getter(member)]
    fn co_posonlyargcount(&self) -> u32 {
        self.posonly_arg_count
    }

    #[getter(member)]
    fn co_kwonlyargcount(&self) -> u32 {
        self.kwonly_arg_count
    }

    #[getter(member)]
    fn co_stacksize(&self) -> u32 {
        self.stack_size
    }

    #[getter(member)]
    fn co_flags(&self) -> u32 {
        self.flags
    }

    #[getter(member)]
    fn co_nlocals(&self) -> u32 {
        self.local_count
    }

    #[getter(member)]
    fn co_consts(&self) -> Value {
        self.consts_tuple()
    }

    #[getter(member)]
    fn co_names(&self) -> Value {
        self.cached("co_names", || {
            Tuple::new(self.names.iter().map(Ref::to_value).collect()).into_value()
        })
    }

    #[getter(member)]
    fn co_filename(&self) -> Ref<Str> {
        self.filename()
    }

    #[getter(member)]
    fn co_name(&self) -> Ref<Str> {
        self.name.clone()
    }

    #[getter(member)]
    fn co_qualname(&self) -> Ref<Str> {
        self.qualname.clone()
    }

    #[getter(member)]
    fn co_firstlineno(&self) -> i32 {
        self.first_line as i32
    }

    #[getter(member)]
    fn co_linetable(&self) -> Value {
        self.cached("co_linetable", || {
            Bytes::new(&self.linetable.0).into_value()
        })
    }

    #[getter(member)]
    fn co_exceptiontable(&self) -> Value {
        self.cached("co_exceptiontable", || {
            Bytes::new(&self.exceptiontable.0).into_value()
        })
    }

    #[getter]
    fn co_lnotab(&self) -> PyResult<Ref<Bytes>> {
        warnings::warn(
            ExceptionKind::DeprecationWarning,
            "co_lnotab is deprecated, use co_lines instead.",
        )?;
        Ok(Bytes::new(&self.line_number_table()))
    }

    #[getter]
    fn _co_code_adaptive(&self) -> Ref<Bytes> {
        let units: Vec<u8> = self
            .units()
            .iter()
            .flat_map(|unit| unit.get().to_le_bytes())
            .collect();
        Bytes::new(&units)
    }

    /// The executors that the code enters, by number; behind them those of the code nested in it.
    #[getter]
    fn co_executors(&self) -> Ref<Tuple> {
        let executors = self.executors_within().into_iter();
        Tuple::new(executors.map(Ref::into_value).collect())
    }

    #[getter]
    fn co_varnames(&self) -> Value {
        self.variables("co_varnames", kinds::LOCAL)
    }

    #[getter]
    fn co_cellvars(&self) -> Value {
        self.variables("co_cellvars", kinds::CELL)
    }

    #[getter]
    fn co_freevars(&self) -> Value {
        self.variables("co_freevars", kinds::FREE)
    }

    #[getter]
    fn co_code(&self) -> Value {
        self.cached("co_code", || {
            Bytes::new(&self.original_bytes()).into_value()
        })
    }

    #[method("($self, /)", nosig)]
    fn co_lines(&self) -> Value {
        let lines = linetable::lines(&self.linetable.0, self.first_line);
        CodeIterator::make(LineIterator::class(), lines.map(Step::Line).collect())
    }

    #[method("($self, /)", nosig)]
    fn co_positions(&self) -> Value {
        let entries = linetable::entries(&self.linetable.0, self.first_line);
        CodeIterator::make(
            PositionsIterator::class(),
            entries.map(Step::Position).collect(),
        )
    }

    #[method("($self, /)", nosig)]
    fn co_branches(&self) -> Value {
        CodeIterator::make(
            BranchesIterator::class(),
            self.branches().into_iter().map(Step::Branch).collect(),
        )
    }

    /// Return a copy of the code object with new values for the specified fields.
    #[method("($self, /, **changes)")]
    fn replace(&self, changes: Kwargs<'_>) -> PyResult<Ref<Code>> {
        replaced(self, "replace", &changes)
    }

    /// The same as replace().
    #[method("($self, /, **changes)")]
    fn __replace__(&self, changes: Kwargs<'_>) -> PyResult<Ref<Code>> {
        replaced(self, "__replace__", &changes)
    }

    /// Return the name of the local variable that an oparg stands for.
    ///
    /// For internal use only.
    #[method("($self, /, oparg)")]
    fn _varname_from_oparg(&self, oparg: i32) -> PyResult<Ref<Str>> {
        match usize::try_from(oparg)
            .ok()
            .and_then(|index| self.localsplus_names.get(index))
        {
            Some(name) => Ok(name.clone()),
            None => bail!(IndexError, "tuple index out of range"),
        }
    }
}

impl Code {
    /// The places where the code branches: the instruction and its two targets, as byte offsets.
    fn branches(&self) -> Vec<[u32; 3]> {
        let bytes = self.original_bytes();
        let units: Vec<CodeUnit> = bytes
            .chunks_exact(2)
            .map(|pair| CodeUnit::from_bytes([pair[0], pair[1]]))
            .collect();
        let mut branches = Vec::new();
        for instruction in instructions(&units) {
            let (offset, next, oparg) = (instruction.offset, instruction.end(), instruction.oparg);
            match instruction.opcode {
                // The right target lies behind END_FOR and POP_ITER.
                Ok(Opcode::ForIter) => branches.push([offset, next, next + oparg + 2]),
                // The left target lies behind NOT_TAKEN.
                Ok(
                    Opcode::PopJumpIfFalse
                    | Opcode::PopJumpIfTrue
                    | Opcode::PopJumpIfNone
                    | Opcode::PopJumpIfNotNone,
                ) => {
                    branches.push([offset, next + 1, next + oparg]);
                }
                Ok(Opcode::EndAsyncFor) => {
                    let source = next.saturating_sub(oparg);
                    branches.push([source, source + 2, next]);
                }
                _ => {}
            }
        }
        branches
            .into_iter()
            .map(|branch| branch.map(|units| units * 2))
            .collect()
    }
}

/// What an iterator over a code object's tables answers next.
#[derive(Clone, Copy)]
enum Step {
    Line(LineRange),
    Position(Entry),
    Branch([u32; 3]),
}

/// The steps of an iterator, read from the table when it was made.
pub struct Steps(Box<[Step]>);

impl Trace for Steps {
    const REFERENCES: bool = false;

    fn trace(&self, _: &mut Visitor<'_>) {}
}

/// The payload of the iterators that `co_lines()`, `co_positions()` and `co_branches()` answer.
#[class(name = "code_iterator", flags(NO_INSTANTIATION))]
pub struct CodeIterator {
    steps: Steps,
    next: Cell<usize>,
    /// The code unit within a position entry, which covers several.
    unit: Cell<u32>,
}

/// The class of what `co_lines()` answers.
#[class(name = "line_iterator", base = CodeIterator, marker, no_methods, flags(NO_INSTANTIATION))]
pub struct LineIterator;

/// The class of what `co_positions()` answers.
#[class(name = "positions_iterator", base = CodeIterator, marker, no_methods, flags(NO_INSTANTIATION))]
pub struct PositionsIterator;

/// The class of what `co_branches()` answers.
#[class(name = "branches_iterator", base = CodeIterator, marker, no_methods, flags(NO_INSTANTIATION))]
pub struct BranchesIterator;

impl CodeIterator {
    fn make(class: &Ref<Type>, steps: Vec<Step>) -> Value {
        let steps = Steps(steps.into_boxed_slice());
        heap::new_object(
            class,
            CodeIterator {
                steps,
                next: Cell::new(0),
                unit: Cell::new(0),
            },
        )
        .into_value()
    }
}

#[methods]
impl CodeIterator {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> Option<Value> {
        let step = *self.steps.0.get(self.next.get())?;
        let values = match step {
            Step::Line(range) => vec![
                int::new(i64::from(range.start) * 2),
                int::new(i64::from(range.end) * 2),
                optional_number(range.line),
            ],
            Step::Branch(offsets) => offsets
                .iter()
                .map(|&offset| int::new(i64::from(offset)))
                .collect(),
            Step::Position(entry) => {
                let place = entry.location;
                let unit = self.unit.get() + 1;
                if entry.start + unit < entry.end {
                    self.unit.set(unit);
                } else {
                    self.unit.set(0);
                    self.next.set(self.next.get() + 1);
                }
                let numbers = [place.line, place.end_line, place.column, place.end_column];
                return Some(
                    Tuple::new(numbers.into_iter().map(optional_number).collect()).into_value(),
                );
            }
        };
        self.next.set(self.next.get() + 1);
        Some(Tuple::new(values).into_value())
    }
}

/// Makes the classes of the iterators.
pub(crate) fn init_classes() {
    CodeIterator::init_class();
    LineIterator::init_class();
    PositionsIterator::init_class();
    BranchesIterator::init_class();
}
