//! The macros with which native classes, functions and modules describe themselves.
//!
//! | macro | on | what it makes |
//! |---|---|---|
//! | [`macro@class`] | a struct | its layout, its tracing, its class object |
//! | [`macro@methods`] | an impl block | methods, properties, slots and attributes of a class |
//! | [`macro@function`], [`functions!`] | a free function; a list of them | definitions of module functions |
//! | [`macro@constant`], [`constants!`] | a constant or function; a list of them | definitions of module constants |
//! | [`macro@module`], [`define_module!`] | an inline module; a file | a module definition |
//!
//! The signature text of a function, in the syntax of `__text_signature__`, is the single truth about its Python
//! parameters; the Rust parameters follow it in order, and their types say how values convert. Generated code only
//! pairs Rust functions with the data types of `taipan_objects::native` and converts through its traits, so what a
//! conversion does is read there and not here. Invariant: generated paths start at `::taipan_objects`, which that crate
//! also is to itself.

mod attribute;
mod class;
#[cfg(test)]
mod expansions;
mod function;
mod methods;
mod module;
mod rust_type;
mod signature;
mod slot;

use proc_macro::TokenStream;

/// Makes a struct the payload of a builtin class.
///
/// `#[class(name = "list", module = "builtins", base = Other, extends = BasePayload, flags(BASETYPE), doc = "…",
/// parts(sorting), tailed, references = false, manual_trace, no_methods, marker, root)]`
///
/// - `module` is `builtins` unless given; `base` is the Rust type of the Python base class, `object` unless given.
/// - `extends = B`: the Python base is `B`'s class, and the struct (`#[repr(C)]`) has a `B` as its first field.
/// - `parts(x)`: besides the main `#[methods]` block, those marked `#[methods(part = x)]` belong to the class.
/// - `tailed`: items follow the payload; the type implements `Tailed`, and the tail is traced.
/// - Fields marked `#[untraced]` hold no references. `manual_trace`: the type implements `Trace` by hand.
/// - `marker`, on a unit struct: a class that shares the layout of `base`.
/// - `root`: the class has no base; `object` alone.
#[proc_macro_attribute]
pub fn class(arguments: TokenStream, item: TokenStream) -> TokenStream {
    class::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Describes what a builtin class consists of. `#[methods(part = x)]` makes a further block of the same class.
///
/// - `#[method("($self, item, /)", name = "append")]`, `#[classmethod(…)]`, `#[staticmethod(…)]`. Without a text the
///   Rust parameters are positional-only and the text is made from them; `nosig` hides it. A function whose only
///   parameter is `Args<'_>` receives the arguments unparsed. The doc comment is the docstring.
/// - `#[new("(iterable=(), /)")]`, `#[init("(…)")]`: the functions behind `__new__` and `__init__`.
/// - `#[getter(name = "real", member)]`, `#[setter(name = "real")]`: a computed attribute.
/// - `#[slot(len)]`, `#[slot(repr, str)]`: functions for slots.
/// - `#[constant(name = "x")]`: an attribute of the class.
#[proc_macro_attribute]
pub fn methods(arguments: TokenStream, item: TokenStream) -> TokenStream {
    methods::expand(arguments.into(), item.into()).into()
}

/// Makes a free function a function of a module; list it with [`functions!`] or in [`define_module!`].
#[proc_macro_attribute]
pub fn function(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::expand_function(arguments.into(), item.into()).into()
}

/// Makes a constant or a function without parameters a constant of a module.
#[proc_macro_attribute]
pub fn constant(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::expand_constant(arguments.into(), item.into()).into()
}

/// `functions![sqrt, trigonometry::sin]`: a `&'static [FunctionDef]` of functions marked `#[function]`.
#[proc_macro]
pub fn functions(input: TokenStream) -> TokenStream {
    module::expand_functions(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// `constants![PI, limits::MAX]`: a `&'static [ConstantDef]` of items marked `#[constant]`.
#[proc_macro]
pub fn constants(input: TokenStream) -> TokenStream {
    module::expand_constants(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes an inline module a Python module: `#[module(name = "math", doc = "…", classes(A), parts(files), init = f)]`.
///
/// Its `#[function]`s and `#[constant]`s belong to it; each of `parts` is a module with `FUNCTIONS` (see
/// [`functions!`]) and `CONSTANTS` (see [`constants!`]). The module gets `pub fn definition()`.
#[proc_macro_attribute]
pub fn module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::expand_module(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// As [`macro@module`] for code that is not in an inline module: takes `functions(…)` and `constants(…)` besides, and
/// puts `pub fn definition()` where it stands.
#[proc_macro]
pub fn define_module(input: TokenStream) -> TokenStream {
    module::expand_define_module(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
