//! What the macros read off a Rust type as it is written, and how a Python default becomes a value of it.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// The last segment of a path type.
fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The type behind a shared reference.
pub fn referent(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_none() => Some(&reference.elem),
        Type::Group(group) => referent(&group.elem),
        _ => None,
    }
}

/// Whether the type is a path that ends in `name`, generics aside.
pub fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

/// The `T` of `Outer<T>`.
pub fn inner<'a>(ty: &'a Type, outer: &str) -> Option<&'a Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == outer)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether the type is `&Value`.
pub fn is_value_ref(ty: &Type) -> bool {
    referent(ty).is_some_and(|ty| is_named(ty, "Value"))
}

/// The `T` of `&Ref<T>`.
pub fn ref_target(ty: &Type) -> Option<&Type> {
    inner(referent(ty)?, "Ref")
}

/// Whether the type is `&str`.
pub fn is_str_ref(ty: &Type) -> bool {
    referent(ty).is_some_and(|ty| is_named(ty, "str"))
}

/// Whether the type is `&[Value]`.
pub fn is_value_slice(ty: &Type) -> bool {
    matches!(referent(ty), Some(Type::Slice(slice)) if is_named(&slice.elem, "Value"))
}

const INTEGERS: [&str; 12] = [
    "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
];

/// A Python literal.
enum Default {
    None,
    Bool(bool),
    Ellipsis,
    MaxSize,
    Int(i128),
    Float(f64),
    Text(String),
}

impl Default {
    fn parse(text: &str) -> Option<Default> {
        let unquote = |quote: char| {
            let text = text.strip_prefix(quote)?.strip_suffix(quote)?;
            (!text.contains(['\\', quote])).then(|| text.to_owned())
        };
        match text {
            "None" => Some(Default::None),
            "True" => Some(Default::Bool(true)),
            "False" => Some(Default::Bool(false)),
            "..." => Some(Default::Ellipsis),
            "sys.maxsize" => Some(Default::MaxSize),
            _ => unquote('\'')
                .or_else(|| unquote('"'))
                .map(Default::Text)
                .or_else(|| text.parse().ok().map(Default::Int))
                .or_else(|| text.parse().ok().map(Default::Float)),
        }
    }
}

/// The Rust expression of type `ty` for the Python default `text`.
pub fn default_expression(text: &str, ty: &Type) -> syn::Result<TokenStream> {
    let span = ty.span();
    let unknown = || {
        let message = format!(
            "the default `{text}` has no form in this type: take an `Option`, which is `None` when the argument is missing"
        );
        syn::Error::new(span, message)
    };
    let default = Default::parse(text).ok_or_else(unknown)?;
    let primitive = last_segment(ty)
        .map(|segment| segment.ident.to_string())
        .unwrap_or_default();
    let is_integer = INTEGERS.contains(&primitive.as_str());
    let reference = referent(ty);
    Ok(match default {
        Default::Bool(value) if primitive == "bool" => quote!(#value),
        Default::Int(value @ 0..=1) if primitive == "bool" => {
            let value = value == 1;
            quote!(#value)
        }
        Default::Int(value) if is_integer => integer(value),
        Default::MaxSize if is_integer => {
            quote_spanned!(span=> ::core::primitive::isize::MAX as #ty)
        }
        Default::Int(value) if primitive == "f64" => float(value as f64),
        Default::Float(value) if primitive == "f64" => float(value),
        Default::Text(value) if primitive == "char" && value.chars().count() == 1 => {
            let value = value.chars().next();
            quote!(#value)
        }
        Default::Text(value) if primitive == "String" || primitive == "Cow" => {
            quote!(#value.into())
        }
        Default::Text(value) if reference.is_some_and(|ty| is_named(ty, "str")) => quote!(#value),
        Default::Text(value) if ref_target(ty).is_some_and(|ty| is_named(ty, "Str")) => {
            quote!(::taipan_objects::id!(#value))
        }
        Default::None | Default::Bool(_) | Default::Ellipsis if primitive == "Value" => {
            singleton(&default)
        }
        Default::None | Default::Bool(_) | Default::Ellipsis if is_value_ref(ty) => {
            let value = singleton(&default);
            quote!({ static DEFAULT: ::taipan_objects::value::Value = #value; &DEFAULT })
        }
        Default::Int(value)
            if reference.is_none() && !primitive.is_empty() && primitive != "Value" =>
        {
            let value = integer(value);
            quote_spanned!(span=> <#ty as ::core::convert::From<isize>>::from(#value))
        }
        Default::MaxSize
            if reference.is_none() && !primitive.is_empty() && primitive != "Value" =>
        {
            quote_spanned!(span=> <#ty as ::core::convert::From<isize>>::from(isize::MAX))
        }
        _ => return Err(unknown()),
    })
}

fn singleton(default: &Default) -> TokenStream {
    match default {
        Default::Bool(true) => quote!(::taipan_objects::value::Value::TRUE),
        Default::Bool(false) => quote!(::taipan_objects::value::Value::FALSE),
        Default::Ellipsis => quote!(::taipan_objects::value::Value::ELLIPSIS),
        _ => quote!(::taipan_objects::value::Value::NONE),
    }
}

fn integer(value: i128) -> TokenStream {
    let digits = Literal::u128_unsuffixed(value.unsigned_abs());
    if value < 0 {
        quote!(-#digits)
    } else {
        quote!(#digits)
    }
}

fn float(value: f64) -> TokenStream {
    let digits = Literal::f64_unsuffixed(value.abs());
    if value < 0.0 {
        quote!(-#digits)
    } else {
        quote!(#digits)
    }
}
