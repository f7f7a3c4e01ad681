//! The slots a class can fill, and the function that stands in each.
//!
//! The table repeats the shape of each slot of `taipan_objects::class::Slots`, because a macro cannot read it there; the
//! compiler checks the two against each other wherever a slot is filled.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, FnArg, Ident};

use crate::attribute;
use crate::function;

/// What a slot's function takes besides the receiver, and what it answers.
enum Shape {
    /// `(self, extra…) -> PyResult<answer>`.
    Instance(&'static [Extra], Answer),
    /// `(left, right) -> PyResult<Value>`, the instance on either side.
    Number(usize),
    /// `(class, Args)`.
    New,
}

enum Extra {
    Value,
    OptionalValue,
    Name,
    Comparison,
    Args,
    Flags,
}

enum Answer {
    Value,
    Next,
    Plain(&'static str),
    /// No result at all (`finalize`).
    Nothing,
}

impl Extra {
    fn ty(&self) -> TokenStream {
        match self {
            Extra::Value => quote!(&::taipan_objects::value::Value),
            Extra::OptionalValue => quote!(::core::option::Option<&::taipan_objects::value::Value>),
            Extra::Name => quote!(&::taipan_objects::value::Ref<::taipan_objects::str::Str>),
            Extra::Comparison => quote!(::taipan_objects::class::Comparison),
            Extra::Args => quote!(::taipan_objects::args::Args<'_>),
            Extra::Flags => quote!(u32),
        }
    }
}

fn shape(slot: &str) -> Option<Shape> {
    use Extra::*;
    use Shape::*;
    Some(match slot {
        "repr" | "str" | "iter" | "negative" | "positive" | "absolute" | "invert" | "int"
        | "float" | "index" | "await_" | "aiter" | "anext" => Instance(&[], Answer::Value),
        "hash" => Instance(&[], Answer::Plain("i64")),
        "richcompare" => Instance(&[Value, Comparison], Answer::Value),
        "bool" => Instance(&[], Answer::Plain("bool")),
        "getattr" => Instance(&[Name], Answer::Value),
        "setattr" => Instance(&[Name, OptionalValue], Answer::Plain("()")),
        "call" => Instance(&[Args], Answer::Value),
        "next" => Instance(&[], Answer::Next),
        "len" => Instance(&[], Answer::Plain("usize")),
        "contains" => Instance(&[Value], Answer::Plain("bool")),
        "getitem" | "concat" | "repeat" | "inplace_concat" | "inplace_repeat" => {
            Instance(&[Value], Answer::Value)
        }
        "setitem" => Instance(&[Value, OptionalValue], Answer::Plain("()")),
        "descr_get" => Instance(&[OptionalValue, OptionalValue], Answer::Value),
        "descr_set" => Instance(&[Value, OptionalValue], Answer::Plain("()")),
        "new" => New,
        "init" => Instance(&[Args], Answer::Plain("()")),
        "finalize" => Instance(&[], Answer::Nothing),
        "buffer" => Instance(
            &[Flags],
            Answer::Plain("::taipan_objects::buffer::BufferView"),
        ),
        "send" => Instance(&[Value], Answer::Plain("::taipan_objects::class::Sent")),
        "add" | "subtract" | "multiply" | "matrix_multiply" | "true_divide" | "floor_divide"
        | "remainder" | "divmod" | "lshift" | "rshift" | "and" | "xor" | "or" => Number(2),
        "power" => Number(3),
        "inplace_add"
        | "inplace_subtract"
        | "inplace_multiply"
        | "inplace_matrix_multiply"
        | "inplace_true_divide"
        | "inplace_floor_divide"
        | "inplace_remainder"
        | "inplace_power"
        | "inplace_lshift"
        | "inplace_rshift"
        | "inplace_and"
        | "inplace_xor"
        | "inplace_or" => Instance(&[Value], Answer::Value),
        _ => return None,
    })
}

/// What the macros make from one function in one slot.
pub struct SlotCode {
    /// The thunk, an `fn` item.
    pub thunk: TokenStream,
    /// The statement that fills the slot of the builder `b`.
    pub fill: TokenStream,
}

/// Puts the associated function `function` into `slot`.
pub fn slot(
    attributes: &[Attribute],
    function: &syn::Signature,
    slot: &Ident,
) -> syn::Result<SlotCode> {
    function::refuse_unusual(function)?;
    let slot_name = attribute::rust_name(slot);
    let shape = shape(&slot_name)
        .ok_or_else(|| syn::Error::new(slot.span(), format!("there is no slot `{slot_name}`")))?;
    let ident = &function.ident;
    let thunk_name = format_ident!(
        "__slot_{}_{}",
        slot_name.trim_end_matches('_'),
        attribute::rust_name(ident)
    );
    let cfgs = attribute::cfgs(attributes);
    let wanted = match &shape {
        Shape::Instance(extra, _) => extra.len() + 1,
        Shape::Number(count) => *count,
        Shape::New => 2,
    };
    if function.inputs.len() != wanted {
        let message = format!("a function for the slot `{slot_name}` takes {wanted} parameters");
        return Err(syn::Error::new_spanned(ident, message));
    }
    let value = quote!(::taipan_objects::value::Value);
    let (parameters, arguments, answer) = match shape {
        Shape::Instance(extra, answer) => {
            let receiver = function::instance_receiver(&function.inputs[0])?;
            let names: Vec<Ident> = (0..extra.len())
                .map(|index| format_ident!("extra_{index}"))
                .collect();
            let types = extra.iter().map(Extra::ty);
            (
                quote!(receiver: &#value, #(#names: #types),*),
                quote!(#receiver, #(#names),*),
                answer,
            )
        }
        Shape::Number(count) => {
            if let FnArg::Receiver(receiver) = &function.inputs[0] {
                let message =
                    "either operand may be the instance: take `(left: &Value, right: &Value)`";
                return Err(syn::Error::new_spanned(receiver, message));
            }
            let names: Vec<Ident> = (0..count)
                .map(|index| format_ident!("operand_{index}"))
                .collect();
            (
                quote!(#(#names: &#value),*),
                quote!(#(#names),*),
                Answer::Value,
            )
        }
        Shape::New => {
            let class = quote!(&::taipan_objects::value::Ref<::taipan_objects::class::Type>);
            (
                quote!(class: #class, arguments: ::taipan_objects::args::Args<'_>),
                quote!(class, arguments),
                Answer::Value,
            )
        }
    };
    let call = quote!(Self::#ident(#arguments));
    let (result, call) = match answer {
        Answer::Value => (
            quote!(#value),
            quote!(::taipan_objects::native::IntoResult::into_result(#call)),
        ),
        Answer::Next => (
            quote!(::core::option::Option<#value>),
            quote!(::taipan_objects::native::IntoNext::into_next(#call)),
        ),
        Answer::Plain(ty) => {
            let ty: syn::Type = syn::parse_str(ty)?;
            (
                quote!(#ty),
                quote!(::taipan_objects::native::IntoOutcome::<#ty>::into_outcome(#call)),
            )
        }
        Answer::Nothing => (TokenStream::new(), quote!(#call)),
    };
    let result = if result.is_empty() {
        result
    } else {
        quote!(-> ::taipan_objects::raised::PyResult<#result>)
    };
    let thunk = quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(clippy::all)]
        fn #thunk_name(#parameters) #result {
            #call
        }
    };
    let fill = quote! {
        #(#cfgs)*
        b.slots().#slot.set(::core::option::Option::Some(Self::#thunk_name));
    };
    Ok(SlotCode { thunk, fill })
}
