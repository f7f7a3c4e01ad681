//! Struct sequences: tuples whose items have names, and that can have more fields than items (`os.stat_result`).
//!
//! A [`StructSeqDef`] says what fields there are; its class is made when it is first asked for. The first `visible` fields
//! are the items of the tuple, the others stand in member places of the instance. A visible field without a name can only
//! be had by index.

use crate::args::Args;
use crate::cell::{Locked, Once};
use crate::class::{ClassBuilder, ClassDef, ClassFlags, Payload, Type, create_builtin};
use crate::dict::Dict;
use crate::id;
use crate::instance;
use crate::int;
use crate::list::List;
use crate::native::{Binding, FunctionDef, MemberDescriptor, NativeCode};
use crate::protocol;
use crate::raised::PyResult;
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// One field of a struct sequence.
pub struct Field {
    /// Its name; `None` for items that only have an index.
    pub name: Option<&'static str>,
    /// What it is.
    pub doc: &'static str,
}

impl Field {
    /// A field with a name.
    pub const fn new(name: &'static str, doc: &'static str) -> Field {
        Field {
            name: Some(name),
            doc,
        }
    }

    /// An item without a name.
    pub const fn unnamed(doc: &'static str) -> Field {
        Field { name: None, doc }
    }
}

/// What a class of struct sequences is made from.
pub struct StructSeqDef {
    /// `__name__`.
    pub name: &'static str,
    /// `__module__`.
    pub module: &'static str,
    /// `__doc__`.
    pub doc: &'static str,
    /// All fields, the items of the tuple first.
    pub fields: &'static [Field],
    /// How many fields are items of the tuple.
    pub visible: usize,
    /// Whether Python may call the class.
    pub instantiable: bool,
    /// Completes the fields that Python passed, where some follow from others.
    pub complete: Option<fn(&mut Vec<Value>)>,
}

/// The classes made so far.
static CLASSES: Locked<Vec<(&'static StructSeqDef, &'static Ref<Type>)>> = Locked::new(Vec::new());

/// What the class of a struct sequence was made from.
fn definition_of(class: &Ref<Type>) -> PyResult<&'static StructSeqDef> {
    let found = CLASSES.with(|classes| {
        classes
            .iter()
            .find(|(_, known)| known.is(class))
            .map(|(def, _)| *def)
    });
    match found {
        Some(def) => Ok(def),
        None => bail!(
            TypeError,
            "'{}' is not a struct sequence type",
            class.name()
        ),
    }
}

impl StructSeqDef {
    /// The class, made now if need be.
    pub fn class(&'static self) -> &'static Ref<Type> {
        let known = CLASSES.with(|classes| {
            classes
                .iter()
                .find(|(def, _)| std::ptr::eq(*def, self))
                .map(|(_, class)| *class)
        });
        known.unwrap_or_else(|| self.make_class())
    }

    /// A new struct sequence of these fields, as many as the definition has.
    pub fn make(&'static self, mut fields: Vec<Value>) -> Value {
        debug_assert_eq!(fields.len(), self.fields.len());
        let hidden = fields.split_off(self.visible.min(fields.len()));
        let sequence = Tuple::new_in(self.class(), fields).into_value();
        for (place, value) in hidden.into_iter().enumerate() {
            instance::set_member(&sequence, place, Some(value));
        }
        sequence
    }

    fn make_class(&'static self) -> &'static Ref<Type> {
        // Classes of builtin types are never freed; so are their definitions.
        let cell: &'static Once<Ref<Type>> = Box::leak(Box::new(Once::new()));
        let definition: &'static ClassDef = Box::leak(Box::new(ClassDef {
            name: self.name,
            module: self.module,
            doc: Some(self.doc),
            signature: Once::new(),
            flags: if self.instantiable {
                0
            } else {
                ClassFlags::NO_INSTANTIATION
            },
            layout: <Tuple as Payload>::layout,
            base: Some(<Tuple as Payload>::class),
            build: if self.instantiable {
                build
            } else {
                build_without_new
            },
        }));
        create_builtin(definition, cell);
        let class: &'static Ref<Type> = cell;
        class.set_flag(ClassFlags::BASETYPE, false);
        let hidden = self.fields.len() - self.visible;
        if hidden > 0 {
            class.member_count.set(hidden as u32);
            class.set_flag(ClassFlags::EXTRAS, true);
        }
        self.fill_dict(class);
        CLASSES.with(|classes| classes.push((self, class)));
        class
    }

    fn fill_dict(&self, class: &Ref<Type>) {
        let dict = class.dict();
        let mut match_args = Vec::new();
        for (index, field) in self.fields.iter().enumerate() {
            let Some(name) = field.name else { continue };
            let name = Str::intern(name);
            let member = match index.checked_sub(self.visible) {
                None => {
                    match_args.push(name.to_value());
                    MemberDescriptor::of_field(class, &name, index, read_item, field.doc)
                }
                Some(place) => {
                    MemberDescriptor::of_field(class, &name, place, read_hidden, field.doc)
                }
            };
            dict.set_str(&name, member);
        }
        dict.set_str(id!("n_sequence_fields"), int::from_usize(self.visible));
        dict.set_str(id!("n_fields"), int::from_usize(self.fields.len()));
        dict.set_str(id!("n_unnamed_fields"), int::from_usize(self.unnamed()));
        dict.set_str(id!("__match_args__"), Tuple::new(match_args).into_value());
    }

    fn unnamed(&self) -> usize {
        self.fields
            .iter()
            .filter(|field| field.name.is_none())
            .count()
    }

    /// All names, in the order of the fields.
    fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.fields.iter().filter_map(|field| field.name)
    }

    fn full_name(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }

    fn make_of(&'static self, sequence: &Value, more: Option<&Value>) -> PyResult<Value> {
        let name = self.full_name();
        let items = Tuple::from_iterable_or(sequence, "constructor requires a sequence")?;
        let more = match more {
            None => None,
            Some(more) => match more.downcast::<Dict>() {
                Some(dict) => Some(dict),
                None => bail!(TypeError, "{name}() takes a dict as second arg, if any"),
            },
        };
        let (least, most, given) = (self.visible, self.fields.len(), items.len());
        if least == most && given != least {
            bail!(
                TypeError,
                "{name}() takes a {least}-sequence ({given}-sequence given)"
            );
        }
        if given < least {
            bail!(
                TypeError,
                "{name}() takes an at least {least}-sequence ({given}-sequence given)"
            );
        }
        if given > most {
            bail!(
                TypeError,
                "{name}() takes an at most {most}-sequence ({given}-sequence given)"
            );
        }
        let mut fields = items.to_vec();
        let mut found = 0;
        for field in &self.fields[given..] {
            let value = match (more, field.name) {
                (Some(more), Some(name)) => more.get_str(&Str::intern(name)),
                _ => None,
            };
            found += usize::from(value.is_some());
            fields.push(value.unwrap_or(Value::NONE));
        }
        if more.is_some_and(|more| more.len() > found) {
            bail!(
                TypeError,
                "{name}() got duplicate or unexpected field name(s)"
            );
        }
        if let Some(complete) = self.complete {
            complete(&mut fields);
        }
        Ok(self.make(fields))
    }
}

fn read_item(sequence: &Value, index: usize) -> PyResult<Value> {
    match sequence
        .downcast::<Tuple>()
        .and_then(|items| items.get(index))
    {
        Some(item) => Ok(item),
        None => bail!(IndexError, "tuple index out of range"),
    }
}

fn read_hidden(sequence: &Value, place: usize) -> PyResult<Value> {
    Ok(instance::get_member(sequence, place).unwrap_or(Value::NONE))
}

/// The value of a field that is not an item.
fn hidden_fields(sequence: &Value, def: &StructSeqDef) -> Vec<(&'static str, Value)> {
    let hidden = def.fields[def.visible..].iter().enumerate();
    hidden
        .filter_map(|(place, field)| {
            Some((
                field.name?,
                instance::get_member(sequence, place).unwrap_or(Value::NONE),
            ))
        })
        .collect()
}

fn build_without_new(builder: &ClassBuilder<'_>) {
    builder.slots().repr.set(Some(repr));
    builder.method(&REDUCE);
    builder.method(&REPLACE);
}

fn build(builder: &ClassBuilder<'_>) {
    builder.slots().new.set(Some(new));
    build_without_new(builder);
}

static REDUCE: FunctionDef = FunctionDef {
    name: "__reduce__",
    signature: Some("($self, /)"),
    doc: Some("Return state information for pickling."),
    code: NativeCode::NoArgs(reduce),
    binding: Binding::Method,
};

static REPLACE: FunctionDef = FunctionDef {
    name: "__replace__",
    signature: Some("($self, /, **changes)"),
    doc: Some("A copy of the structure with some fields changed."),
    code: NativeCode::Keywords(replace),
    binding: Binding::Method,
};

fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
    let def = definition_of(class)?;
    let (mut sequence, mut more) = (args.positional().first(), args.positional().get(1));
    if args.positional().len() > 2 {
        bail!(
            TypeError,
            "{}() takes at most 2 arguments ({} given)",
            def.name,
            args.values().len()
        );
    }
    for (name, value) in args.keywords() {
        if name.eq_str("sequence") {
            sequence = Some(value);
        } else if name.eq_str("dict") {
            more = Some(value);
        } else {
            bail!(
                TypeError,
                "{}() got an unexpected keyword argument '{}'",
                def.name,
                name.to_display()
            );
        }
    }
    match sequence {
        Some(sequence) => def.make_of(sequence, more),
        None => bail!(
            TypeError,
            "{}() missing required argument 'sequence' (pos 1)",
            def.name
        ),
    }
}

fn repr(this: &Value) -> PyResult<Value> {
    let def = definition_of(this.class())?;
    let mut text = StrBuilder::new();
    text.push_str(&def.full_name());
    text.push_char('(');
    // The names run on where an item has none, as in CPython.
    for (index, name) in def.names().take(def.visible).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
        text.push_char('=');
        text.push_string(&*protocol::repr(&read_item(this, index)?)?);
    }
    text.push_char(')');
    Ok(text.finish().into_value())
}

fn reduce(this: &Value) -> PyResult<Value> {
    let def = definition_of(this.class())?;
    let items = this
        .downcast::<Tuple>()
        .map_or_else(Vec::new, |items| items.to_vec());
    let more = Dict::new();
    for (name, value) in hidden_fields(this, def) {
        more.set_str(&Str::intern(name), value);
    }
    let arguments = Tuple::pair(Tuple::new(items).into_value(), more.into_value());
    Ok(Tuple::pair(this.class().to_value(), arguments.into_value()).into_value())
}

fn replace(this: &Value, args: Args<'_>) -> PyResult<Value> {
    let def = definition_of(this.class())?;
    if !args.positional().is_empty() {
        bail!(TypeError, "__replace__() takes no positional arguments");
    }
    if def.unnamed() > 0 {
        bail!(
            TypeError,
            "__replace__() is not supported for {} because it has unnamed field(s)",
            def.full_name()
        );
    }
    let mut fields = this
        .downcast::<Tuple>()
        .map_or_else(Vec::new, |items| items.to_vec());
    fields.extend(hidden_fields(this, def).into_iter().map(|(_, value)| value));
    let mut unexpected = Vec::new();
    for (name, value) in args.keywords() {
        match def.names().position(|known| name.eq_str(known)) {
            Some(index) => fields[index] = value.clone(),
            None => unexpected.push(name.to_value()),
        }
    }
    if !unexpected.is_empty() {
        let names = protocol::repr(List::new(unexpected).as_value())?;
        bail!(
            TypeError,
            "Got unexpected field name(s): {}",
            names.to_display()
        );
    }
    Ok(def.make(fields))
}
