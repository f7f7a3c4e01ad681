//! What is known of the values in a trace: a symbol for each, and the lattice that a symbol moves down in.
//!
//! A symbol has one of nine tags, numbered as CPython's (`Python/optimizer_symbols.c`). It only ever gets narrower: first
//! anything, then an object or the empty slot, then an object of a type, or of a type known by its version alone, then one
//! value. At the end is *bottom*, a contradiction: no run of the program gets there, so the trace that led to it is worthless.
//!
//! ```text
//!              UNKNOWN
//!             /       \
//!          NULL     NON_NULL
//!            |     /   |    \
//!            |  TYPE_VERSION  TUPLE, TRUTHINESS
//!            |      |          |
//!            |  KNOWN_CLASS    |
//!            |      |          |
//!            |  KNOWN_VALUE    |
//!             \     |         /
//!                 BOTTOM
//! ```
//!
//! There is no join: a trace has no merges. Symbols live in an arena of limited size and are named by [`SymId`]; two places on
//! the stack with the same name hold the same value, so what a guard learns of one holds for the other.

use taipan_bytecode::tunables::{MAX_SYMBOLIC_TUPLE_SIZE, TY_ARENA_SIZE};
use taipan_objects::class::{Payload, Type};
use taipan_objects::int::boolean::Bool;
use taipan_objects::int::{self, Int};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// The name of a symbol: its place in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SymId(u16);

/// Why the abstract interpretation of a trace ends before the trace does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// A symbol became bottom: no run gets here. No trace is kept.
    Contradiction,
    /// The arena or the room for frames is used up. What was rewritten so far is kept.
    OutOfSpace,
    /// A uop behind which nothing is known. What was rewritten so far is kept.
    Unpredictable,
}

/// A tag, with CPython's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// No information.
    Unknown = 1,
    /// The empty slot; not None.
    Null = 2,
    /// Some object.
    NonNull = 3,
    /// A contradiction.
    Bottom = 4,
    /// An object whose type has a version; which type is not known.
    TypeVersion = 5,
    /// An object of exactly this type.
    KnownClass = 6,
    /// This object.
    KnownValue = 7,
    /// A tuple of known length.
    Tuple = 8,
    /// The truth of another symbol, or its opposite, as a bool.
    Truthiness = 9,
}

/// What is known of one value.
#[derive(Clone, Debug)]
enum Symbol {
    Unknown,
    Null,
    NonNull,
    Bottom,
    TypeVersion(u32),
    KnownClass {
        class: Ref<Type>,
        /// The version that a guard saw the class have; 0 if none did.
        version: u32,
    },
    KnownValue(Value),
    Tuple {
        items: [SymId; MAX_SYMBOLIC_TUPLE_SIZE],
        length: u8,
    },
    Truthiness {
        of: SymId,
        inverted: bool,
    },
}

const _: () = assert!(
    size_of::<Symbol>() <= taipan_bytecode::tunables::JITOPTSYMBOL_MAX_BYTES,
    "a symbol is two words"
);

/// The symbols of one trace.
#[derive(Debug, Default)]
pub struct Symbols {
    arena: Vec<Symbol>,
}

type Narrowed = Result<(), Halt>;

fn is_bool(value: &Value) -> bool {
    value.is_true() || value.is_false()
}

impl Symbols {
    /// An empty arena.
    pub fn new() -> Symbols {
        Symbols::default()
    }

    fn add(&mut self, symbol: Symbol) -> Result<SymId, Halt> {
        if self.arena.len() >= TY_ARENA_SIZE {
            return Err(Halt::OutOfSpace);
        }
        self.arena.push(symbol);
        Ok(SymId((self.arena.len() - 1) as u16))
    }

    fn get(&self, id: SymId) -> &Symbol {
        &self.arena[usize::from(id.0)]
    }

    fn set(&mut self, id: SymId, symbol: Symbol) -> Narrowed {
        self.arena[usize::from(id.0)] = symbol;
        Ok(())
    }

    /// Makes a symbol bottom, which ends the pass.
    fn contradict(&mut self, id: SymId) -> Narrowed {
        self.arena[usize::from(id.0)] = Symbol::Bottom;
        Err(Halt::Contradiction)
    }

    /// Number of symbols made.
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    /// Whether none was made.
    pub fn is_empty(&self) -> bool {
        self.arena.is_empty()
    }

    // === New symbols ===

    /// A value of which nothing is known.
    pub fn unknown(&mut self) -> Result<SymId, Halt> {
        self.add(Symbol::Unknown)
    }

    /// An object.
    pub fn not_null(&mut self) -> Result<SymId, Halt> {
        self.add(Symbol::NonNull)
    }

    /// The empty slot.
    pub fn null(&mut self) -> Result<SymId, Halt> {
        self.add(Symbol::Null)
    }

    /// An object of exactly this type.
    pub fn of_type(&mut self, class: &Ref<Type>) -> Result<SymId, Halt> {
        let class = class.clone();
        self.add(Symbol::KnownClass { class, version: 0 })
    }

    /// An object of exactly a builtin type.
    pub fn of<T: Payload>(&mut self) -> Result<SymId, Halt> {
        self.of_type(T::class())
    }

    /// This object.
    pub fn constant(&mut self, value: &Value) -> Result<SymId, Halt> {
        self.add(Symbol::KnownValue(value.clone()))
    }

    /// A tuple of these items; of more than seven, a tuple.
    pub fn tuple(&mut self, items: &[SymId]) -> Result<SymId, Halt> {
        if items.len() > MAX_SYMBOLIC_TUPLE_SIZE {
            return self.of::<Tuple>();
        }
        let mut places = [SymId(0); MAX_SYMBOLIC_TUPLE_SIZE];
        places[..items.len()].copy_from_slice(items);
        self.add(Symbol::Tuple {
            items: places,
            length: items.len() as u8,
        })
    }

    /// The truth of `value` as a bool, or with `inverted` the opposite.
    pub fn truth_of(&mut self, value: SymId, inverted: bool) -> Result<SymId, Halt> {
        if let Symbol::Truthiness {
            inverted: already, ..
        } = self.get(value)
            && *already == inverted
        {
            return Ok(value);
        }
        if let Some(truth) = self.truth(value) {
            return self.constant(&Value::from_bool(truth != inverted));
        }
        self.add(Symbol::Truthiness {
            of: value,
            inverted,
        })
    }

    // === Questions ===

    /// The tag.
    pub fn tag(&self, id: SymId) -> Tag {
        match self.get(id) {
            Symbol::Unknown => Tag::Unknown,
            Symbol::Null => Tag::Null,
            Symbol::NonNull => Tag::NonNull,
            Symbol::Bottom => Tag::Bottom,
            Symbol::TypeVersion(_) => Tag::TypeVersion,
            Symbol::KnownClass { .. } => Tag::KnownClass,
            Symbol::KnownValue(_) => Tag::KnownValue,
            Symbol::Tuple { .. } => Tag::Tuple,
            Symbol::Truthiness { .. } => Tag::Truthiness,
        }
    }

    /// Whether it is a contradiction.
    pub fn is_bottom(&self, id: SymId) -> bool {
        self.tag(id) == Tag::Bottom
    }

    /// Whether it is the empty slot.
    pub fn is_null(&self, id: SymId) -> bool {
        self.tag(id) == Tag::Null
    }

    /// Whether it is an object.
    pub fn is_not_null(&self, id: SymId) -> bool {
        match self.tag(id) {
            Tag::Unknown | Tag::Null | Tag::Bottom => false,
            Tag::NonNull
            | Tag::TypeVersion
            | Tag::KnownClass
            | Tag::KnownValue
            | Tag::Tuple
            | Tag::Truthiness => true,
        }
    }

    /// Whether it is an object, or the empty slot; nothing if neither is known.
    pub fn is_present(&self, id: SymId) -> Option<bool> {
        match self.is_null(id) {
            true => Some(false),
            false => self.is_not_null(id).then_some(true),
        }
    }

    /// The object, if it is known. The truth of a symbol whose truth is known by now is one, and from now on is it alone.
    pub fn known_value(&mut self, id: SymId) -> Option<Value> {
        match self.get(id) {
            Symbol::KnownValue(value) => Some(value.clone()),
            Symbol::Truthiness { of, inverted } => {
                let (of, inverted) = (*of, *inverted);
                let value = Value::from_bool(self.truth(of)? != inverted);
                self.arena[usize::from(id.0)] = Symbol::KnownValue(value.clone());
                Some(value)
            }
            _ => None,
        }
    }

    /// The exact type, if it is known.
    pub fn known_type(&self, id: SymId) -> Option<Ref<Type>> {
        match self.get(id) {
            Symbol::KnownClass { class, .. } => Some(class.clone()),
            Symbol::KnownValue(value) => Some(value.class().clone()),
            Symbol::TypeVersion(version) => Type::of_version(*version),
            Symbol::Tuple { .. } => Some(Tuple::class().clone()),
            Symbol::Truthiness { .. } => Some(Bool::class().clone()),
            Symbol::Unknown | Symbol::Null | Symbol::NonNull | Symbol::Bottom => None,
        }
    }

    /// Whether the exact type is known.
    pub fn has_type(&self, id: SymId) -> bool {
        self.known_type(id).is_some()
    }

    /// Whether it is known to be of exactly this type.
    pub fn is_of_type(&self, id: SymId, class: &Ref<Type>) -> bool {
        self.known_type(id).is_some_and(|known| known.is(class))
    }

    /// Whether it is known to be of exactly a builtin type.
    pub fn is_of<T: Payload>(&self, id: SymId) -> bool {
        self.is_of_type(id, T::class())
    }

    /// The version that its type is known to have; 0 if none is.
    pub fn type_version(&self, id: SymId) -> u32 {
        match self.get(id) {
            Symbol::TypeVersion(version) => *version,
            Symbol::KnownClass { version, .. } => *version,
            Symbol::KnownValue(value) => value.class().current_version(),
            Symbol::Tuple { .. } => Tuple::class().current_version(),
            Symbol::Truthiness { .. } => Bool::class().current_version(),
            Symbol::Unknown | Symbol::Null | Symbol::NonNull | Symbol::Bottom => 0,
        }
    }

    /// The truth, if it is known and asking for it runs no foreign code.
    pub fn truth(&mut self, id: SymId) -> Option<bool> {
        if let Symbol::Tuple { length, .. } = self.get(id) {
            return Some(*length > 0);
        }
        let value = self.known_value(id)?;
        if value.is_none() {
            return Some(false);
        }
        if is_bool(&value) {
            return Some(value.is_true());
        }
        if let Some(int) = value.as_small_int() {
            return Some(int != 0);
        }
        if value.downcast_exact::<Int>().is_some() {
            // An int that is no small one is none of those around zero.
            return Some(true);
        }
        value.downcast_exact::<Str>().map(|text| !text.is_empty())
    }

    /// The symbol whose truth it is, and whether it is the opposite.
    pub fn truth_source(&self, id: SymId) -> Option<(SymId, bool)> {
        match self.get(id) {
            Symbol::Truthiness { of, inverted } => Some((*of, *inverted)),
            _ => None,
        }
    }

    /// The number of items of a tuple, if it is known.
    pub fn tuple_length(&self, id: SymId) -> Option<usize> {
        match self.get(id) {
            Symbol::Tuple { length, .. } => Some(usize::from(*length)),
            Symbol::KnownValue(value) => value.downcast_exact::<Tuple>().map(|tuple| tuple.len()),
            _ => None,
        }
    }

    /// An item of a tuple: what is known of it.
    pub fn tuple_item(&mut self, id: SymId, index: usize) -> Result<SymId, Halt> {
        match self.get(id) {
            Symbol::Tuple { items, length } if index < usize::from(*length) => Ok(items[index]),
            Symbol::KnownValue(value) => {
                let tuple = value.downcast_exact::<Tuple>();
                match tuple.and_then(|tuple| tuple.tail().get(index).cloned()) {
                    Some(item) => self.constant(&item),
                    None => self.unknown(),
                }
            }
            _ => self.unknown(),
        }
    }

    /// Whether the object is never freed, as far as is known: then nobody need count it.
    pub fn is_immortal(&self, id: SymId) -> bool {
        match self.get(id) {
            Symbol::KnownValue(value) => !value.is_pointer(),
            Symbol::KnownClass { class, .. } => class.is(Bool::class()),
            Symbol::Truthiness { .. } => true,
            _ => false,
        }
    }

    // === Narrowing ===

    /// It is the empty slot.
    pub fn narrow_null(&mut self, id: SymId) -> Narrowed {
        match self.tag(id) {
            Tag::Unknown => self.set(id, Symbol::Null),
            Tag::Null => Ok(()),
            _ => self.contradict(id),
        }
    }

    /// It is an object.
    pub fn narrow_not_null(&mut self, id: SymId) -> Narrowed {
        match self.tag(id) {
            Tag::Unknown => self.set(id, Symbol::NonNull),
            Tag::Null | Tag::Bottom => self.contradict(id),
            _ => Ok(()),
        }
    }

    /// It is an object of exactly this type.
    pub fn narrow_type(&mut self, id: SymId, class: &Ref<Type>) -> Narrowed {
        let agrees = match self.get(id) {
            Symbol::Unknown | Symbol::NonNull => {
                let class = class.clone();
                return self.set(id, Symbol::KnownClass { class, version: 0 });
            }
            Symbol::TypeVersion(version) => {
                let version = *version;
                if class.current_version() != version {
                    return self.contradict(id);
                }
                let class = class.clone();
                return self.set(id, Symbol::KnownClass { class, version });
            }
            Symbol::Null | Symbol::Bottom => false,
            Symbol::KnownClass { class: known, .. } => known.is(class),
            Symbol::KnownValue(value) => value.class().is(class),
            Symbol::Tuple { .. } => class.is(Tuple::class()),
            Symbol::Truthiness { .. } => class.is(Bool::class()),
        };
        if agrees { Ok(()) } else { self.contradict(id) }
    }

    /// It is an object of exactly a builtin type.
    pub fn narrow<T: Payload>(&mut self, id: SymId) -> Narrowed {
        self.narrow_type(id, T::class())
    }

    /// It is an object whose type has this version, which is not 0.
    pub fn narrow_version(&mut self, id: SymId, version: u32) -> Narrowed {
        let agrees = match self.get(id) {
            Symbol::Unknown | Symbol::NonNull => {
                return self.set(id, Symbol::TypeVersion(version));
            }
            Symbol::TypeVersion(known) => *known == version,
            Symbol::KnownClass { class, .. } => {
                if class.current_version() != version {
                    return self.contradict(id);
                }
                let class = class.clone();
                return self.set(id, Symbol::KnownClass { class, version });
            }
            Symbol::Truthiness { .. } => version == Bool::class().current_version(),
            Symbol::Null | Symbol::Bottom | Symbol::KnownValue(_) | Symbol::Tuple { .. } => false,
        };
        if agrees { Ok(()) } else { self.contradict(id) }
    }

    /// It is this object.
    pub fn narrow_value(&mut self, id: SymId, value: &Value) -> Narrowed {
        let agrees = match self.get(id) {
            Symbol::Unknown | Symbol::NonNull => true,
            Symbol::TypeVersion(version) => value.class().current_version() == *version,
            Symbol::KnownClass { class, .. } => value.class().is(class),
            Symbol::KnownValue(known) => known.is(value),
            Symbol::Null | Symbol::Bottom | Symbol::Tuple { .. } => false,
            Symbol::Truthiness { of, inverted } => {
                let (of, inverted) = (*of, *inverted);
                return self.narrow_truth(id, of, inverted, value);
            }
        };
        if agrees {
            self.set(id, Symbol::KnownValue(value.clone()))
        } else {
            self.contradict(id)
        }
    }

    /// The truth of `of` (or its opposite) is `value`: then `of` may be known, too.
    fn narrow_truth(&mut self, id: SymId, of: SymId, inverted: bool, value: &Value) -> Narrowed {
        let known = self.truth(of).map(|truth| truth != inverted);
        if !is_bool(value) || known.is_some_and(|known| known != value.is_true()) {
            return self.contradict(id);
        }
        self.set(id, Symbol::KnownValue(value.clone()))?;
        let truth = value.is_true() != inverted;
        let Some(class) = self.known_type(of) else {
            return Ok(());
        };
        if class.is(Bool::class()) {
            return self.narrow_value(of, &Value::from_bool(truth));
        }
        if truth {
            // There are many true ints and texts.
            return Ok(());
        }
        if class.is(Int::class()) {
            return self.narrow_value(of, &int::from_usize(0));
        }
        if class.is(Str::class()) {
            return self.narrow_value(of, Str::empty().as_value());
        }
        Ok(())
    }
}
