//! The arguments of the attributes on functions, and what stands around a function: docs and `cfg`s.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Token};

/// `("(a, /)", name = "f", nosig, member)`, all of it optional.
#[derive(Default)]
pub struct FunctionOptions {
    /// The signature text.
    pub signature: Option<LitStr>,
    /// The Python name, where it is not the Rust one.
    pub name: Option<LitStr>,
    /// `__text_signature__` is None.
    pub nosig: bool,
    /// The attribute is a `member_descriptor`.
    pub member: bool,
}

impl Parse for FunctionOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = FunctionOptions::default();
        while !input.is_empty() {
            if input.peek(LitStr) {
                options.signature = Some(input.parse()?);
            } else {
                let key: Ident = input.parse()?;
                match key.to_string().as_str() {
                    "name" => {
                        input.parse::<Token![=]>()?;
                        options.name = Some(input.parse()?);
                    }
                    "nosig" => options.nosig = true,
                    "member" => options.member = true,
                    _ => {
                        return Err(syn::Error::new(
                            key.span(),
                            "expected a signature text, `name = \"…\"`, `nosig` or `member`",
                        ));
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl FunctionOptions {
    /// The options of `#[attribute]` or `#[attribute(…)]`.
    pub fn of(attribute: &Attribute) -> syn::Result<FunctionOptions> {
        match &attribute.meta {
            Meta::Path(_) => Ok(FunctionOptions::default()),
            Meta::List(list) => list.parse_args(),
            Meta::NameValue(pair) => Err(syn::Error::new_spanned(pair, "expected `(…)`")),
        }
    }

    /// The Python name of what the Rust name `ident` stands for.
    pub fn python_name(&self, ident: &Ident) -> String {
        match &self.name {
            Some(name) => name.value(),
            None => rust_name(ident),
        }
    }
}

/// A Rust name without the mark of raw identifiers.
pub fn rust_name(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// The text of the doc comments, as `Option<&'static str>`.
pub fn doc_option(attributes: &[Attribute]) -> TokenStream {
    match doc_text(attributes) {
        Some(text) => quote::quote!(::core::option::Option::Some(#text)),
        None => quote::quote!(::core::option::Option::None),
    }
}

fn doc_text(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .flat_map(|text| {
            text.lines()
                .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The `cfg` attributes, which everything made from the item carries too.
pub fn cfgs(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect()
}
