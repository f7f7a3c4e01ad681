//! Functions, constants and definitions of native modules.
//!
//! A function `sqrt` gets a constant `__fn_sqrt` beside it, a constant `PI` a `__const_PI`. Lists name the items, and the
//! macros turn the names; so items of other files are listed like those of the same file.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Ident, Item, ItemFn, ItemMod, LitStr, Path, Token, Visibility, parenthesized,
};

use crate::attribute::{self, FunctionOptions};
use crate::function::{self, Binding};

/// Expands `#[function]` on a free function.
pub fn expand_function(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(error) => return keep(&item, error),
    };
    match syn::parse2::<FunctionOptions>(arguments)
        .and_then(|options| function_beside(&function, &options))
    {
        Ok(beside) => quote!(#function #beside),
        Err(error) => keep(&item, error),
    }
}

/// Expands `#[constant]` on a constant, or on a function without parameters.
pub fn expand_constant(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let beside = || {
        let options = syn::parse2::<FunctionOptions>(arguments)?;
        constant_beside(&syn::parse2(item.clone())?, &options)
    };
    match beside() {
        Ok(beside) => quote!(#item #beside),
        Err(error) => keep(&item, error),
    }
}

/// The item and the error: so that uses of the item give no errors of their own.
fn keep(item: &TokenStream, error: syn::Error) -> TokenStream {
    let error = error.into_compile_error();
    quote!(#item #error)
}

fn function_beside(function: &ItemFn, options: &FunctionOptions) -> syn::Result<TokenStream> {
    let native = function::native(
        &function.attrs,
        &function.sig,
        options,
        Binding::Module,
        None,
    )?;
    let name = hidden("__fn_", &function.sig.ident);
    let (visibility, cfgs) = (&function.vis, attribute::cfgs(&function.attrs));
    let (thunk, definition) = (native.thunk, native.definition);
    Ok(quote! {
        #thunk

        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        #visibility const #name: ::taipan_objects::native::FunctionDef = #definition;
    })
}

fn constant_beside(item: &Item, options: &FunctionOptions) -> syn::Result<TokenStream> {
    let (attributes, visibility, ident, value): (&[Attribute], &Visibility, &Ident, TokenStream) =
        match item {
            Item::Const(item) => (&item.attrs, &item.vis, &item.ident, {
                let ident = &item.ident;
                quote!(#ident)
            }),
            Item::Fn(item) if item.sig.inputs.is_empty() => {
                (&item.attrs, &item.vis, &item.sig.ident, {
                    let ident = &item.sig.ident;
                    quote!(#ident())
                })
            }
            other => {
                return Err(syn::Error::new_spanned(
                    other,
                    "a constant is a `const` or a function without parameters",
                ));
            }
        };
    let hidden = hidden("__const_", ident);
    let (name, cfgs) = (options.python_name(ident), attribute::cfgs(attributes));
    Ok(quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        #visibility const #hidden: ::taipan_objects::native::ConstantDef = ::taipan_objects::native::ConstantDef {
            name: #name,
            value: || ::taipan_objects::native::IntoResult::into_result(#value),
        };
    })
}

fn hidden(prefix: &str, ident: &Ident) -> Ident {
    format_ident!(
        "{prefix}{}",
        attribute::rust_name(ident),
        span = ident.span()
    )
}

/// A listed item, with the `cfg`s under which it exists.
struct Entry {
    cfgs: Vec<Attribute>,
    path: Path,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Entry {
            cfgs: input.call(Attribute::parse_outer)?,
            path: input.parse()?,
        })
    }
}

impl Entry {
    fn of(ident: &Ident, attributes: &[Attribute]) -> Entry {
        Entry {
            cfgs: attribute::cfgs(attributes).into_iter().cloned().collect(),
            path: ident.clone().into(),
        }
    }
}

/// The items behind a list of paths, as `&[definition, …]`.
fn list(entries: &[Entry], prefix: &str) -> TokenStream {
    let entries = entries.iter().map(|Entry { cfgs, path }| {
        let mut path = path.clone();
        if let Some(last) = path.segments.last_mut() {
            last.ident = hidden(prefix, &last.ident);
        }
        quote!(#(#cfgs)* #path)
    });
    quote!(&[#(#entries),*])
}

fn entries(input: TokenStream) -> syn::Result<Vec<Entry>> {
    Ok(Punctuated::<Entry, Token![,]>::parse_terminated
        .parse2(input)?
        .into_iter()
        .collect())
}

/// Expands `functions![…]`.
pub fn expand_functions(input: TokenStream) -> syn::Result<TokenStream> {
    let list = list(&entries(input)?, "__fn_");
    Ok(quote!({ const FUNCTIONS: &[::taipan_objects::native::FunctionDef] = #list; FUNCTIONS }))
}

/// Expands `constants![…]`.
pub fn expand_constants(input: TokenStream) -> syn::Result<TokenStream> {
    let list = list(&entries(input)?, "__const_");
    Ok(quote!({ const CONSTANTS: &[::taipan_objects::native::ConstantDef] = #list; CONSTANTS }))
}

#[derive(Default)]
struct ModuleOptions {
    name: Option<LitStr>,
    doc: Option<LitStr>,
    classes: Vec<Path>,
    parts: Vec<Path>,
    functions: Vec<Entry>,
    constants: Vec<Entry>,
    init: Option<Path>,
}

impl Parse for ModuleOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = ModuleOptions::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            let key_name = key.to_string();
            if matches!(key_name.as_str(), "name" | "doc" | "init") {
                input.parse::<Token![=]>()?;
            }
            match key_name.as_str() {
                "name" => options.name = Some(input.parse()?),
                "doc" => options.doc = Some(input.parse()?),
                "init" => options.init = Some(input.parse()?),
                "classes" => options.classes = in_parentheses(input)?,
                "parts" => options.parts = in_parentheses(input)?,
                "functions" => options.functions = in_parentheses(input)?,
                "constants" => options.constants = in_parentheses(input)?,
                _ => {
                    let known = "name, doc, init, classes, parts, functions, constants";
                    return Err(syn::Error::new(
                        key.span(),
                        format!("unknown option; a module has: {known}"),
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

fn in_parentheses<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let list;
    parenthesized!(list in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&list)?
        .into_iter()
        .collect())
}

impl ModuleOptions {
    fn definition(&self) -> syn::Result<TokenStream> {
        let Some(name) = &self.name else {
            return Err(syn::Error::new(
                proc_macro2::Span::call_site(),
                "a module has a `name`",
            ));
        };
        let doc = match &self.doc {
            Some(doc) => quote!(::core::option::Option::Some(#doc)),
            None => quote!(::core::option::Option::None),
        };
        let init = match &self.init {
            Some(init) => quote!(::core::option::Option::Some(#init)),
            None => quote!(::core::option::Option::None),
        };
        let (functions, constants) = (
            list(&self.functions, "__fn_"),
            list(&self.constants, "__const_"),
        );
        let (parts, classes) = (&self.parts, &self.classes);
        Ok(quote! {
            /// What the module is made from.
            pub fn definition() -> &'static ::taipan_objects::native::ModuleDef {
                static DEFINITION: ::taipan_objects::native::ModuleDef = ::taipan_objects::native::ModuleDef {
                    name: #name,
                    doc: #doc,
                    functions: &[#functions, #(#parts::FUNCTIONS),*],
                    constants: &[#constants, #(#parts::CONSTANTS),*],
                    classes: &[#(#classes::init_class),*],
                    init: #init,
                };
                &DEFINITION
            }
        })
    }
}

/// Expands `define_module!`.
pub fn expand_define_module(input: TokenStream) -> syn::Result<TokenStream> {
    syn::parse2::<ModuleOptions>(input)?.definition()
}

/// Expands `#[module]` on an inline module.
pub fn expand_module(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut options: ModuleOptions = syn::parse2(arguments)?;
    let mut module: ItemMod = syn::parse2(item)?;
    let Some((_, items)) = &mut module.content else {
        return Err(syn::Error::new_spanned(
            &module.ident,
            "the module's items stand in braces here; use `define_module!` in a file",
        ));
    };
    let mut beside = Vec::new();
    for item in items.iter_mut() {
        let mark = match item {
            Item::Fn(item) => take_mark(&mut item.attrs),
            Item::Const(item) => take_mark(&mut item.attrs),
            _ => None,
        };
        let Some(mark) = mark else { continue };
        let function_options = FunctionOptions::of(&mark)?;
        match item {
            Item::Fn(function) if mark.path().is_ident("function") => {
                beside.push(function_beside(function, &function_options)?);
                options
                    .functions
                    .push(Entry::of(&function.sig.ident, &function.attrs));
            }
            Item::Fn(function) => {
                options
                    .constants
                    .push(Entry::of(&function.sig.ident, &function.attrs));
                beside.push(constant_beside(item, &function_options)?);
            }
            Item::Const(constant) => {
                options
                    .constants
                    .push(Entry::of(&constant.ident, &constant.attrs));
                beside.push(constant_beside(item, &function_options)?);
            }
            _ => {}
        }
    }
    let definition = options.definition()?;
    items.push(Item::Verbatim(quote!(#(#beside)* #definition)));
    Ok(quote!(#module))
}

fn take_mark(attributes: &mut Vec<Attribute>) -> Option<Attribute> {
    let index = attributes.iter().position(|attribute| {
        attribute.path().is_ident("function") || attribute.path().is_ident("constant")
    })?;
    Some(attributes.remove(index))
}
