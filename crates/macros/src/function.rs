//! From a Rust function and a signature text to the native function that the interpreter calls.
//!
//! The native function (the thunk) takes the arguments in one of the shapes of `NativeCode`, converts each through
//! `FromArg`, calls the Rust function and converts the result through `IntoResult`. Its shape is the cheapest that the
//! signature permits.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Ident, Type};

use crate::attribute::{self, FunctionOptions};
use crate::rust_type;
use crate::signature::{Kind, Param, Signature};

/// What a function belongs to, and so what its first argument is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// A method: an instance.
    Method,
    /// A class method: a class.
    Class,
    /// A static method: nothing.
    Static,
    /// A function of a module: the module, if the Rust function asks for it.
    Module,
    /// `__new__`: a class.
    New,
    /// `__init__`: an instance.
    Init,
}

impl Binding {
    fn receiver_text(self) -> Option<&'static str> {
        match self {
            Binding::Method => Some("$self"),
            Binding::Class => Some("$type"),
            Binding::Module => Some("$module"),
            Binding::Static | Binding::New | Binding::Init => None,
        }
    }

    fn variant(self) -> TokenStream {
        match self {
            Binding::Class => quote!(::taipan_objects::native::Binding::Class),
            Binding::Static => quote!(::taipan_objects::native::Binding::Static),
            Binding::Module => quote!(::taipan_objects::native::Binding::Module),
            Binding::Method | Binding::New | Binding::Init => {
                quote!(::taipan_objects::native::Binding::Method)
            }
        }
    }

    /// `__new__` and `__init__` receive every call, keywords or not.
    fn is_constructor(self) -> bool {
        matches!(self, Binding::New | Binding::Init)
    }
}

/// What the macros make from one function.
pub struct Native {
    /// The thunk, an `fn` item.
    pub thunk: TokenStream,
    /// The thunk's name.
    pub thunk_name: Ident,
    /// A `FunctionDef` expression.
    pub definition: TokenStream,
    /// The signature text.
    pub text: Option<String>,
}

/// Makes the thunk and the definition of `function`; `path` is `Self` for associated functions.
pub fn native(
    attributes: &[Attribute],
    function: &syn::Signature,
    options: &FunctionOptions,
    binding: Binding,
    path: Option<TokenStream>,
) -> syn::Result<Native> {
    refuse_unusual(function)?;
    let maker = Maker::new(function, options, binding, path)?;
    let (code, thunk) = maker.thunk(&attribute::cfgs(attributes));
    let thunk_name = &maker.thunk_name;
    let name = options.python_name(&function.ident);
    let doc = attribute::doc_option(attributes);
    let text = maker.text.clone();
    let text_option = match &text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    };
    let self_path = maker.path.as_ref().map(|path| quote!(#path::));
    let binding = binding.variant();
    let definition = quote! {
        ::taipan_objects::native::FunctionDef {
            name: #name,
            signature: #text_option,
            doc: #doc,
            code: ::taipan_objects::native::NativeCode::#code(#self_path #thunk_name),
            binding: #binding,
        }
    };
    Ok(Native {
        thunk,
        thunk_name: maker.thunk_name,
        definition,
        text,
    })
}

/// Refuses functions that a plain function pointer cannot stand for.
pub fn refuse_unusual(function: &syn::Signature) -> syn::Result<()> {
    if let Some(mark) = &function.asyncness {
        return Err(syn::Error::new_spanned(
            mark,
            "a native function is not async",
        ));
    }
    if let Some(mark) = &function.unsafety {
        return Err(syn::Error::new_spanned(
            mark,
            "a native function is safe to call",
        ));
    }
    if let Some(generic) = function.generics.type_params().next() {
        return Err(syn::Error::new_spanned(
            generic,
            "a native function is not generic",
        ));
    }
    Ok(())
}

/// The expression that turns `receiver: &Value` into what the first parameter takes.
pub fn instance_receiver(argument: &FnArg) -> syn::Result<TokenStream> {
    let unexpected = |span: Span| {
        syn::Error::new(
            span,
            "the receiver is `&self`, `this: &Ref<Self>` or `this: &Value`",
        )
    };
    match argument {
        FnArg::Receiver(receiver) => {
            if receiver.reference.is_none() || receiver.mutability.is_some() {
                return Err(unexpected(receiver.span()));
            }
            // SAFETY: (of the code that is written) the unchecked view is sound because methods and slots are only reached through instances of their class.
            Ok(quote!(&**unsafe { receiver.downcast_unchecked::<Self>() }))
        }
        FnArg::Typed(typed) if rust_type::is_value_ref(&typed.ty) => Ok(quote!(receiver)),
        FnArg::Typed(typed) => match rust_type::ref_target(&typed.ty) {
            Some(target) => Ok(quote!(unsafe { receiver.downcast_unchecked::<#target>() })),
            None => Err(unexpected(typed.ty.span())),
        },
    }
}

/// How a thunk receives its arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    NoArgs,
    One,
    Positional,
    Keywords,
    Raw,
}

struct Maker<'a> {
    binding: Binding,
    path: Option<TokenStream>,
    ident: &'a Ident,
    thunk_name: Ident,
    /// The name in error messages.
    message_name: TokenStream,
    receiver: Option<TokenStream>,
    types: Vec<&'a Type>,
    signature: Signature,
    shape: Shape,
    text: Option<String>,
}

impl<'a> Maker<'a> {
    fn new(
        function: &'a syn::Signature,
        options: &FunctionOptions,
        binding: Binding,
        path: Option<TokenStream>,
    ) -> syn::Result<Maker<'a>> {
        let mut inputs = function.inputs.iter();
        let receiver = receiver(function, binding, &mut inputs)?;
        let mut rest = Vec::new();
        for input in inputs {
            match input {
                FnArg::Typed(typed) => rest.push(typed),
                FnArg::Receiver(receiver) => {
                    return Err(syn::Error::new_spanned(
                        receiver,
                        "this function has no instance",
                    ));
                }
            }
        }
        let types: Vec<&Type> = rest.iter().map(|typed| &*typed.ty).collect();
        let raw = matches!(types[..], [ty] if rust_type::is_named(ty, "Args"));
        let signature = match &options.signature {
            Some(text) => Signature::parse(&text.value())
                .map_err(|message| syn::Error::new(text.span(), message))?,
            None if raw => Signature::default(),
            None => signature_of_rust(&rest)?,
        };
        if !raw {
            check_types(&signature, &types, options, function)?;
        }
        let shown = !options.nosig && (!raw || options.signature.is_some());
        let text = shown.then(|| signature.text(binding.receiver_text()));
        let name = options.python_name(&function.ident);
        let message_name = if binding.is_constructor() {
            quote!(Self::CLASS_NAME)
        } else {
            quote!(#name)
        };
        let kind = match binding {
            Binding::New => "new",
            Binding::Init => "init",
            _ => "native",
        };
        let thunk_name = format_ident!("__{}_{}", kind, attribute::rust_name(&function.ident));
        let shape = shape(&signature, binding, raw);
        Ok(Maker {
            binding,
            path,
            ident: &function.ident,
            thunk_name,
            message_name,
            receiver,
            types,
            signature,
            shape,
            text,
        })
    }

    fn thunk(&self, cfgs: &[&Attribute]) -> (Ident, TokenStream) {
        let name = &self.thunk_name;
        let receiver = match self.binding {
            Binding::New => {
                quote!(class: &::taipan_objects::value::Ref<::taipan_objects::class::Type>)
            }
            _ => quote!(receiver: &::taipan_objects::value::Value),
        };
        let (code, parameter) = if self.binding.is_constructor() {
            (
                "Keywords",
                Some(quote!(arguments: ::taipan_objects::args::Args<'_>)),
            )
        } else {
            match self.shape {
                Shape::NoArgs => ("NoArgs", None),
                Shape::One => (
                    "One",
                    Some(quote!(argument: &::taipan_objects::value::Value)),
                ),
                Shape::Positional => (
                    "Positional",
                    Some(quote!(arguments: &[::taipan_objects::value::Value])),
                ),
                Shape::Keywords | Shape::Raw => (
                    "Keywords",
                    Some(quote!(arguments: ::taipan_objects::args::Args<'_>)),
                ),
            }
        };
        let before = self.before();
        let call = self.call();
        let (result, call) = if self.binding == Binding::Init {
            (
                quote!(()),
                quote!(::taipan_objects::native::IntoOutcome::into_outcome(#call)),
            )
        } else {
            (
                quote!(::taipan_objects::value::Value),
                quote!(::taipan_objects::native::IntoResult::into_result(#call)),
            )
        };
        let thunk = quote! {
            #(#cfgs)*
            #[doc(hidden)]
            #[allow(unused_variables, clippy::all)]
            fn #name(#receiver, #parameter) -> ::taipan_objects::raised::PyResult<#result> {
                #before
                #call
            }
        };
        (format_ident!("{code}"), thunk)
    }

    /// Matches the arguments to the parameters.
    fn before(&self) -> TokenStream {
        let name = &self.message_name;
        let mut code = TokenStream::new();
        if self.binding.is_constructor() && matches!(self.shape, Shape::NoArgs | Shape::Positional)
        {
            let check = match self.binding {
                Binding::New => quote!(check_new_keywords(class, Self::class(), #name, arguments)?),
                _ => quote!(check_init_keywords(receiver, Self::class(), #name, arguments)?),
            };
            code.extend(quote! {
                {
                    #[allow(unused_imports)]
                    use ::taipan_objects::class::Payload as _;
                    ::taipan_objects::native::#check;
                }
                let arguments = arguments.positional();
            });
        }
        match self.shape {
            Shape::NoArgs if self.binding.is_constructor() => {
                code.extend(
                    quote!(::taipan_objects::args::check_count(#name, arguments.len(), 0, 0)?;),
                );
            }
            Shape::Positional => {
                let params = &self.signature.params;
                let required = params
                    .iter()
                    .filter(|param| param.kind != Kind::VarArgs && param.default.is_none())
                    .count();
                let most = if self.signature.has(Kind::VarArgs) {
                    quote!(usize::MAX)
                } else {
                    let count = params.len();
                    quote!(#count)
                };
                let check = if self.binding.is_constructor() {
                    quote!(check_positional)
                } else {
                    quote!(check_count)
                };
                code.extend(quote!(::taipan_objects::args::#check(#name, arguments.len(), #required, #most)?;));
            }
            Shape::Keywords => {
                let (spec, count) = self.spec();
                code.extend(quote! {
                    let bound: ::taipan_objects::args::Bound<'_, #count> = #spec.bind(arguments)?;
                });
            }
            _ => {}
        }
        code
    }

    fn spec(&self) -> (TokenStream, usize) {
        let function = &self.message_name;
        let named: Vec<&Param> = self
            .signature
            .params
            .iter()
            .filter(|param| !matches!(param.kind, Kind::VarArgs | Kind::VarKeywords))
            .collect();
        let names = named.iter().map(|param| &param.name);
        let required = named.iter().map(|param| param.default.is_none());
        let positional_only = named
            .iter()
            .filter(|param| param.kind == Kind::PositionalOnly)
            .count();
        let positional = named
            .iter()
            .filter(|param| param.kind != Kind::KeywordOnly)
            .count();
        let varargs = self.signature.has(Kind::VarArgs);
        let varkw = self.signature.has(Kind::VarKeywords);
        let spec = quote! {
            const {
                &::taipan_objects::args::ParamSpec {
                    function: #function,
                    names: &[#(#names),*],
                    positional_only: #positional_only,
                    positional: #positional,
                    required: &[#(#required),*],
                    varargs: #varargs,
                    varkw: #varkw,
                }
            }
        };
        (spec, named.len())
    }

    fn call(&self) -> TokenStream {
        let ident = self.ident;
        let path = self.path.as_ref().map(|path| quote!(#path::));
        let receiver = self.receiver.iter();
        let arguments = if self.shape == Shape::Raw {
            vec![quote!(arguments)]
        } else {
            self.arguments()
        };
        let arguments = receiver.cloned().chain(arguments);
        quote!(#path #ident(#(#arguments),*))
    }

    fn arguments(&self) -> Vec<TokenStream> {
        let mut index = 0usize;
        let mut expressions = Vec::new();
        for (param, ty) in self.signature.params.iter().zip(&self.types) {
            expressions.push(match param.kind {
                Kind::VarArgs if self.shape == Shape::Keywords => quote!(bound.rest),
                Kind::VarArgs => quote!(arguments.get(#index..).unwrap_or_default()),
                Kind::VarKeywords => quote!(::taipan_objects::args::Kwargs(bound.keywords)),
                _ => {
                    index += 1;
                    self.argument(param, ty, index - 1)
                }
            });
        }
        expressions
    }

    fn argument(&self, param: &Param, ty: &Type, index: usize) -> TokenStream {
        let span = ty.span();
        // A borrowed `str` is a view of a `Cow` that lives as long as the call.
        if rust_type::is_str_ref(ty) {
            let owned = self.owned_argument(
                param,
                &syn::parse_quote_spanned!(span=> ::std::borrow::Cow<str>),
                index,
            );
            return quote_spanned!(span=> &*{ let text: ::std::borrow::Cow<'_, str> = #owned; text });
        }
        if rust_type::inner(ty, "Option").is_some_and(rust_type::is_str_ref) {
            let owned = self.owned_argument(
                param,
                &syn::parse_quote_spanned!(span=> Option<::std::borrow::Cow<str>>),
                index,
            );
            return quote_spanned!(span=> { let text: ::core::option::Option<::std::borrow::Cow<'_, str>> = #owned; text }.as_deref());
        }
        self.owned_argument(param, ty, index)
    }

    fn owned_argument(&self, param: &Param, ty: &Type, index: usize) -> TokenStream {
        let span = ty.span();
        let info = self.info(param, index);
        let Some(default) = &param.default else {
            let value = match self.shape {
                Shape::One => quote!(argument),
                Shape::Keywords => quote!(::taipan_objects::native::given(bound.values[#index])),
                _ => quote!(&arguments[#index]),
            };
            return quote_spanned!(span=> ::taipan_objects::native::FromArg::from_arg(#value, #info)?);
        };
        let value = match self.shape {
            Shape::Keywords => quote!(bound.values[#index]),
            _ => quote!(arguments.get(#index)),
        };
        if rust_type::inner(ty, "Option").is_some() {
            let convert = if default == "None" {
                quote!(optional_or_none)
            } else {
                quote!(optional)
            };
            return quote_spanned!(span=> ::taipan_objects::native::#convert(#value, #info)?);
        }
        let default = rust_type::default_expression(default, ty)
            .unwrap_or_else(syn::Error::into_compile_error);
        quote_spanned! {span=>
            match #value {
                ::core::option::Option::Some(value) => ::taipan_objects::native::FromArg::from_arg(value, #info)?,
                ::core::option::Option::None => #default,
            }
        }
    }

    fn info(&self, param: &Param, index: usize) -> TokenStream {
        let function = &self.message_name;
        let name = &param.name;
        let place = match param.kind {
            Kind::PositionalOnly if self.signature.params.len() == 1 => quote!(Only),
            Kind::PositionalOnly => {
                let position = index + 1;
                quote!(Position(#position))
            }
            _ => quote!(Name(#name)),
        };
        quote! {
            const {
                &::taipan_objects::native::ArgInfo {
                    function: #function,
                    place: ::taipan_objects::native::ArgPlace::#place,
                }
            }
        }
    }
}

/// Takes the receiver off the parameters and answers the expression for it.
fn receiver<'a>(
    function: &syn::Signature,
    binding: Binding,
    inputs: &mut (impl Iterator<Item = &'a FnArg> + Clone),
) -> syn::Result<Option<TokenStream>> {
    let missing = |what: &str| {
        syn::Error::new_spanned(&function.ident, format!("the first parameter is {what}"))
    };
    match binding {
        Binding::Static => Ok(None),
        Binding::Method | Binding::Init => {
            let first = inputs.next().ok_or_else(|| {
                missing("the instance: `&self`, `this: &Ref<Self>` or `this: &Value`")
            })?;
            instance_receiver(first).map(Some)
        }
        Binding::Class | Binding::New => {
            let what = "the class: `class: &Ref<Type>`";
            let Some(FnArg::Typed(first)) = inputs.next() else {
                return Err(missing(what));
            };
            if binding == Binding::Class && rust_type::is_value_ref(&first.ty) {
                return Ok(Some(quote!(receiver)));
            }
            if !rust_type::ref_target(&first.ty).is_some_and(|ty| rust_type::is_named(ty, "Type")) {
                return Err(syn::Error::new_spanned(
                    &first.ty,
                    format!("the first parameter is {what}"),
                ));
            }
            Ok(Some(match binding {
                Binding::New => quote!(class),
                _ => quote!(::taipan_objects::native::class_receiver(receiver)),
            }))
        }
        Binding::Module => match inputs.clone().next() {
            Some(FnArg::Typed(first))
                if rust_type::ref_target(&first.ty)
                    .is_some_and(|ty| rust_type::is_named(ty, "Module")) =>
            {
                inputs.next();
                Ok(Some(quote!(::taipan_objects::native::module_receiver(
                    receiver
                ))))
            }
            _ => Ok(None),
        },
    }
}

/// The signature of a function that has no text: its parameters, positional-only.
fn signature_of_rust(parameters: &[&syn::PatType]) -> syn::Result<Signature> {
    let mut signature = Signature::default();
    for parameter in parameters {
        let syn::Pat::Ident(pattern) = &*parameter.pat else {
            return Err(syn::Error::new_spanned(
                &parameter.pat,
                "a parameter without a signature text has a plain name",
            ));
        };
        let rust_name = attribute::rust_name(&pattern.ident);
        let name = rust_name.trim_start_matches('_').to_owned();
        let name = if name.is_empty() { rust_name } else { name };
        let ty = &*parameter.ty;
        let kind = if rust_type::is_value_slice(ty) {
            Kind::VarArgs
        } else if rust_type::is_named(ty, "Kwargs") {
            Kind::VarKeywords
        } else {
            Kind::PositionalOnly
        };
        let default = rust_type::inner(ty, "Option").map(|_| "None".to_owned());
        signature.params.push(Param {
            name,
            kind,
            default,
        });
    }
    Ok(signature)
}

/// Checks that the Rust parameters can take what the Python parameters give.
fn check_types(
    signature: &Signature,
    types: &[&Type],
    options: &FunctionOptions,
    function: &syn::Signature,
) -> syn::Result<()> {
    if signature.params.len() != types.len() {
        let span = options
            .signature
            .as_ref()
            .map_or_else(|| function.ident.span(), |text| text.span());
        let message = format!(
            "the signature has {} parameters, the function takes {} (receiver aside)",
            signature.params.len(),
            types.len()
        );
        return Err(syn::Error::new(span, message));
    }
    for (param, ty) in signature.params.iter().zip(types) {
        match param.kind {
            Kind::VarArgs if !rust_type::is_value_slice(ty) => {
                return Err(syn::Error::new_spanned(
                    ty,
                    format!("`*{}` is taken as `&[Value]`", param.name),
                ));
            }
            Kind::VarKeywords if !rust_type::is_named(ty, "Kwargs") => {
                return Err(syn::Error::new_spanned(
                    ty,
                    format!("`**{}` is taken as `Kwargs<'_>`", param.name),
                ));
            }
            Kind::PositionalOnly | Kind::Positional | Kind::KeywordOnly
                if rust_type::is_value_slice(ty) =>
            {
                return Err(syn::Error::new_spanned(
                    ty,
                    format!("`{}` is one argument, not `*{0}`", param.name),
                ));
            }
            _ => {}
        }
        if let Some(default) = &param.default
            && rust_type::inner(ty, "Option").is_none()
        {
            rust_type::default_expression(default, ty)?;
        }
    }
    Ok(())
}

fn shape(signature: &Signature, binding: Binding, raw: bool) -> Shape {
    if raw {
        return Shape::Raw;
    }
    match &signature.params[..] {
        [] => Shape::NoArgs,
        [only]
            if only.kind == Kind::PositionalOnly
                && only.default.is_none()
                && !binding.is_constructor() =>
        {
            Shape::One
        }
        _ if signature.positional_only() => Shape::Positional,
        _ => Shape::Keywords,
    }
}
