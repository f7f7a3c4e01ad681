//! `ContextVar`, and the `Token` that undoes a `set`.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::exceptions::{ExceptionKind, raise_args};
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, protocol};

use super::Context;

/// A context variable: a name, and perhaps a default.
#[class(name = "ContextVar", module = "_contextvars")]
pub struct ContextVar {
    name: Ref<Str>,
    default: Slot,
}

impl ContextVar {
    /// A new variable.
    pub fn new(name: &str, default: Option<Value>) -> Ref<ContextVar> {
        ContextVar::init_class();
        heap::new_object(
            ContextVar::class(),
            ContextVar {
                name: Str::intern(name),
                default: Slot::new(default),
            },
        )
    }

    /// The value in the current context.
    pub fn current(this: &Ref<ContextVar>) -> Option<Value> {
        Context::current().get(this)
    }
}

#[methods]
impl ContextVar {
    #[new]
    fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<ContextVar>> {
        let mut default = None;
        let mut name = args.positional().first();
        for (keyword, value) in args.keywords() {
            match &*keyword.to_display() {
                "default" => default = Some(value.clone()),
                "name" if name.is_none() => name = Some(value),
                other => bail!(
                    TypeError,
                    "ContextVar() got an unexpected keyword argument '{other}'"
                ),
            }
        }
        if args.positional().len() > 1 {
            bail!(
                TypeError,
                "ContextVar() takes exactly 1 positional argument ({} given)",
                args.positional().len()
            );
        }
        let Some(name) = name else {
            bail!(
                TypeError,
                "ContextVar() takes exactly 1 positional argument (0 given)"
            );
        };
        let Some(name) = name.downcast::<Str>() else {
            bail!(TypeError, "context variable name must be a str")
        };
        // A hash that fails is found now, not when the variable is looked up.
        protocol::hash(name.as_value())?;
        Ok(heap::new_object(
            ContextVar::class(),
            ContextVar {
                name: name.clone(),
                default: Slot::new(default),
            },
        ))
    }

    #[slot(repr)]
    fn repr(this: &Ref<ContextVar>) -> PyResult<String> {
        let name = protocol::repr(this.name.as_value())?;
        let default = match this.default.get() {
            Some(default) => format!(" default={}", protocol::repr(&default)?.to_display()),
            None => String::new(),
        };
        Ok(format!(
            "<ContextVar name={}{default} at {:#x}>",
            name.to_display(),
            this.as_value().id()
        ))
    }

    #[getter(member)]
    fn name(&self) -> Ref<Str> {
        self.name.clone()
    }

    /// Return a value for the context variable for the current context.
    ///
    /// If there is no value for the variable in the current context, the method will:
    ///  * return the value of the default argument of the method, if provided; or
    ///  * return the default value for the context variable, if it was created
    ///    with one; or
    ///  * raise a LookupError.
    #[method(nosig)]
    fn get(this: &Ref<ContextVar>, args: Args<'_>) -> PyResult<Value> {
        let given = args.positional_between("get", 0, 1)?;
        if let Some(value) = ContextVar::current(this) {
            return Ok(value);
        }
        match given.first().cloned().or_else(|| this.default.get()) {
            Some(default) => Ok(default),
            None => Err(raise_args(
                ExceptionKind::LookupError.class(),
                vec![this.to_value()],
            )),
        }
    }

    /// Call to set a new value for the context variable in the current context.
    ///
    /// The required *value* argument is the new value for the context variable.
    ///
    /// Returns a Token object that can be used to restore the variable to its previous
    /// value via the `ContextVar.reset()` method.
    #[method("($self, value, /)")]
    fn set(this: &Ref<ContextVar>, value: &Value) -> Ref<Token> {
        let context = Context::current();
        let old = context.replace(this, Some(value.clone()));
        Token::init_class();
        let token = Token {
            variable: this.clone(),
            context,
            old: Slot::new(old),
            used: Cell::new(false),
        };
        heap::new_object(Token::class(), token)
    }

    /// Reset the context variable.
    ///
    /// The variable is reset to the value it had before the `ContextVar.set()` that
    /// created the token was used.
    #[method("($self, token, /)")]
    fn reset(this: &Ref<ContextVar>, token: &Value) -> PyResult<()> {
        let Some(token) = token.downcast::<Token>() else {
            bail!(
                TypeError,
                "expected an instance of Token, got {}",
                protocol::repr(token)?.to_display()
            );
        };
        let shown = || protocol::repr(token.as_value()).map(|text| text.to_display().into_owned());
        if token.used.get() {
            bail!(RuntimeError, "{} has already been used once", shown()?);
        }
        if !token.variable.is(this) {
            bail!(
                ValueError,
                "{} was created by a different ContextVar",
                shown()?
            );
        }
        let context = Context::current();
        if !context.is(&token.context) {
            bail!(
                ValueError,
                "{} was created in a different Context",
                shown()?
            );
        }
        token.used.set(true);
        drop(context.replace(this, token.old.get()));
        Ok(())
    }

    /// See PEP 585
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: &Ref<Type>, object: &Value) -> PyResult<Value> {
        Ok(GenericAlias::new(class.to_value(), object.clone()).into_value())
    }
}

/// What `ContextVar.set` answers.
#[class(name = "Token", module = "_contextvars")]
pub struct Token {
    variable: Ref<ContextVar>,
    context: Ref<Context>,
    old: Slot,
    #[untraced]
    used: Cell<bool>,
}

/// The old value of a variable that had none.
#[class(
    name = "Token.MISSING",
    module = "_contextvars",
    flags(NO_INSTANTIATION)
)]
pub struct Missing {}

#[methods]
impl Missing {
    #[slot(repr)]
    fn repr(_this: &Value) -> &'static str {
        "<Token.MISSING>"
    }
}

fn missing() -> Value {
    static MISSING: Slot = Slot::empty();
    MISSING.get().unwrap_or_else(|| {
        Missing::init_class();
        let missing = heap::new_object(Missing::class(), Missing {}).into_value();
        MISSING.set(Some(missing.clone()));
        missing
    })
}

#[methods]
impl Token {
    #[new]
    fn make(_class: &Ref<Type>, _args: Args<'_>) -> PyResult<Value> {
        bail!(RuntimeError, "Tokens can only be created by ContextVars")
    }

    #[constant(name = "MISSING")]
    fn missing_constant() -> Value {
        missing()
    }

    #[slot(repr)]
    fn repr(this: &Ref<Token>) -> PyResult<String> {
        let variable = protocol::repr(this.variable.as_value())?;
        let used = if this.used.get() { " used" } else { "" };
        Ok(format!(
            "<Token{used} var={} at {:#x}>",
            variable.to_display(),
            this.as_value().id()
        ))
    }

    #[slot(hash)]
    fn hash(_this: &Value) -> PyResult<i64> {
        bail!(TypeError, "unhashable type: '_contextvars.Token'")
    }

    #[getter]
    fn var(&self) -> Ref<ContextVar> {
        self.variable.clone()
    }

    #[getter]
    fn old_value(&self) -> Value {
        self.old.get().unwrap_or_else(missing)
    }

    /// Enter into Token context manager.
    #[method("($self, /)")]
    fn __enter__(this: &Ref<Token>) -> Ref<Token> {
        this.clone()
    }

    /// Exit from Token context manager, restore the linked ContextVar.
    #[method("($self, type, value, traceback, /)")]
    fn __exit__(
        this: &Ref<Token>,
        _type: &Value,
        _value: &Value,
        _traceback: &Value,
    ) -> PyResult<()> {
        ContextVar::reset(&this.variable, this.as_value())
    }

    /// See PEP 585
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: &Ref<Type>, object: &Value) -> PyResult<Value> {
        Ok(GenericAlias::new(class.to_value(), object.clone()).into_value())
    }
}
