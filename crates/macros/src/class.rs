//! `#[class]`: a struct becomes the payload of a builtin class.
//!
//! The class object, the layout and the definition are statics in an unnamed constant beside the struct; the struct gets
//! `Trace` and `Payload`, and the inherent `init_class`, `definition` and `CLASS_NAME`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Fields, Ident, ItemStruct, LitBool, LitStr, Member, Token, Type, parenthesized};

#[derive(Default)]
struct ClassOptions {
    name: Option<LitStr>,
    module: Option<LitStr>,
    doc: Option<LitStr>,
    base: Option<Type>,
    extends: Option<Type>,
    flags: Vec<Ident>,
    parts: Vec<Ident>,
    references: Option<bool>,
    tailed: bool,
    no_methods: bool,
    marker: bool,
    root: bool,
    manual_trace: bool,
}

impl Parse for ClassOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = ClassOptions::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            options.parse_option(&key, input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl ClassOptions {
    fn parse_option(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let key_name = key.to_string();
        if matches!(
            key_name.as_str(),
            "name" | "module" | "doc" | "base" | "extends" | "references"
        ) {
            input.parse::<Token![=]>()?;
        }
        match key_name.as_str() {
            "name" => self.name = Some(input.parse()?),
            "module" => self.module = Some(input.parse()?),
            "doc" => self.doc = Some(input.parse()?),
            "base" => self.base = Some(input.parse()?),
            "extends" => self.extends = Some(input.parse()?),
            "references" => self.references = Some(input.parse::<LitBool>()?.value),
            "flags" => self.flags = idents(input)?,
            "parts" => self.parts = idents(input)?,
            "tailed" => {
                self.tailed = true;
                if input.peek(syn::token::Paren) {
                    let item;
                    parenthesized!(item in input);
                    item.parse::<Type>()?;
                }
            }
            "no_methods" => self.no_methods = true,
            "marker" => self.marker = true,
            "root" => self.root = true,
            "manual_trace" => self.manual_trace = true,
            _ => {
                let known = "name, module, doc, base, extends, flags, parts, references, tailed, no_methods, marker, root, manual_trace";
                return Err(syn::Error::new(
                    key.span(),
                    format!("unknown option; a class has: {known}"),
                ));
            }
        }
        Ok(())
    }
}

fn idents(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let list;
    parenthesized!(list in input);
    Ok(Punctuated::<Ident, Token![,]>::parse_terminated(&list)?
        .into_iter()
        .collect())
}

/// Expands the attribute on a struct.
pub fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let options: ClassOptions = syn::parse2(arguments)?;
    let mut item: ItemStruct = syn::parse2(item)?;
    if !item.generics.params.is_empty() {
        return Err(syn::Error::new_spanned(
            &item.generics,
            "a payload type is not generic",
        ));
    }
    if options.base.is_some() && options.extends.is_some() {
        return Err(syn::Error::new_spanned(
            &item.ident,
            "`extends` names the base already",
        ));
    }
    if options.marker {
        return expand_marker(&options, &item);
    }
    let untraced = take_untraced(&mut item.fields);
    let trace = (!options.manual_trace).then(|| trace_impl(&options, &item, &untraced));
    let layout = layout(&options, &item)?;
    let ident = &item.ident;
    let base = match options.base.as_ref().or(options.extends.as_ref()) {
        Some(base) => Some(quote!(#base::init_class())),
        None if options.root => None,
        None => Some(quote!(
            <::taipan_objects::object::Object as ::taipan_objects::class::Payload>::class()
        )),
    };
    let definition = definition(
        &options,
        ident,
        base,
        quote!(<#ident as ::taipan_objects::class::Payload>::layout),
    )?;
    let inherent = inherent(&options, ident)?;
    Ok(quote! {
        #item

        const _: () = {
            static LAYOUT: ::taipan_objects::class::Layout = #layout;
            static CLASS: ::taipan_objects::cell::Once<::taipan_objects::value::Ref<::taipan_objects::class::Type>> =
                ::taipan_objects::cell::Once::new();
            #definition
            #trace

            impl ::taipan_objects::class::Payload for #ident {
                #[inline(always)]
                fn layout() -> &'static ::taipan_objects::class::Layout {
                    &LAYOUT
                }

                #[inline(always)]
                fn class() -> &'static ::taipan_objects::value::Ref<::taipan_objects::class::Type> {
                    &CLASS
                }
            }

            #inherent
        };
    })
}

fn expand_marker(options: &ClassOptions, item: &ItemStruct) -> syn::Result<TokenStream> {
    if !matches!(item.fields, Fields::Unit) {
        return Err(syn::Error::new_spanned(
            &item.fields,
            "a marker has no fields",
        ));
    }
    let Some(base) = &options.base else {
        return Err(syn::Error::new_spanned(
            &item.ident,
            "a marker names the `base` whose layout it shares",
        ));
    };
    let ident = &item.ident;
    let layout = quote! {{
        fn layout() -> &'static ::taipan_objects::class::Layout {
            #base::init_class().layout()
        }
        layout
    }};
    let definition = definition(options, ident, Some(quote!(#base::init_class())), layout)?;
    let inherent = inherent(options, ident)?;
    Ok(quote! {
        #item

        const _: () = {
            static CLASS: ::taipan_objects::cell::Once<::taipan_objects::value::Ref<::taipan_objects::class::Type>> =
                ::taipan_objects::cell::Once::new();
            #definition

            impl #ident {
                /// The class object.
                #[inline(always)]
                pub fn class() -> &'static ::taipan_objects::value::Ref<::taipan_objects::class::Type> {
                    &CLASS
                }
            }

            #inherent
        };
    })
}

/// Removes `#[untraced]` from the fields and says which had it.
fn take_untraced(fields: &mut Fields) -> Vec<bool> {
    fields
        .iter_mut()
        .map(|field| {
            let before = field.attrs.len();
            field
                .attrs
                .retain(|attribute| !attribute.path().is_ident("untraced"));
            field.attrs.len() != before
        })
        .collect()
}

/// Where errors about a field's type are shown. Names resolve as at the attribute, also when the type comes from a macro.
fn place_of(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

fn trace_impl(options: &ClassOptions, item: &ItemStruct, untraced: &[bool]) -> TokenStream {
    let ident = &item.ident;
    let traced: Vec<(Member, &Type)> = item
        .fields
        .members()
        .zip(item.fields.iter())
        .zip(untraced)
        .filter(|(_, untraced)| !**untraced)
        .map(|((member, field), _)| (member, &field.ty))
        .collect();
    let trace = traced.iter().map(|(member, ty)| {
        quote_spanned!(place_of(ty)=> ::taipan_objects::class::Trace::trace(&self.#member, visitor);)
    });
    let clear = traced.iter().map(|(member, ty)| quote_spanned!(place_of(ty)=> ::taipan_objects::class::Trace::clear(&self.#member);));
    let references = match options.references {
        Some(references) => quote!(#references),
        None => {
            let fields = traced.iter().map(|(_, ty)| quote_spanned!(ty.span()=> <#ty as ::taipan_objects::class::Trace>::REFERENCES));
            quote!(false #(|| #fields)*)
        }
    };
    quote! {
        impl ::taipan_objects::class::Trace for #ident {
            const REFERENCES: bool = #references;

            #[allow(unused_variables)]
            fn trace(&self, visitor: &mut ::taipan_objects::class::Visitor<'_>) {
                #(#trace)*
            }

            fn clear(&self) {
                #(#clear)*
            }
        }
    }
}

fn layout(options: &ClassOptions, item: &ItemStruct) -> syn::Result<TokenStream> {
    let ident = &item.ident;
    let name = ident.to_string();
    if options.tailed {
        if let Some(base) = &options.extends {
            return Err(syn::Error::new_spanned(
                base,
                "a payload with a tail extends no other",
            ));
        }
        return Ok(quote!(::taipan_objects::class::Layout::tailed_traced::<#ident>(#name)));
    }
    let Some(base) = &options.extends else {
        return Ok(quote!(::taipan_objects::class::Layout::of::<#ident>(
            #name,
            ::core::option::Option::None,
            <#ident as ::taipan_objects::class::Trace>::REFERENCES,
        )));
    };
    let Some(first) = item.fields.members().next() else {
        return Err(syn::Error::new_spanned(
            base,
            "the first field is the payload this one extends",
        ));
    };
    let is_repr_c = item.attrs.iter().any(|attribute| {
        let repr = attribute.path().is_ident("repr");
        repr && attribute
            .parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated)
            .is_ok_and(|list| list.iter().any(|word| word == "C"))
    });
    if !is_repr_c {
        return Err(syn::Error::new_spanned(
            base,
            "a payload that extends another is `#[repr(C)]`",
        ));
    }
    Ok(quote_spanned! {base.span()=> {
        const _: fn(&#ident) -> &#base = |payload| &payload.#first;
        const _: () = assert!(::core::mem::offset_of!(#ident, #first) == 0, "the base payload stands first");
        ::taipan_objects::class::Layout::of::<#ident>(
            #name,
            ::core::option::Option::Some(<#base as ::taipan_objects::class::Payload>::layout),
            <#ident as ::taipan_objects::class::Trace>::REFERENCES,
        )
    }})
}

fn class_name(options: &ClassOptions, ident: &Ident) -> syn::Result<String> {
    match &options.name {
        Some(name) => Ok(name.value()),
        None => Err(syn::Error::new_spanned(ident, "a class has a `name`")),
    }
}

fn definition(
    options: &ClassOptions,
    ident: &Ident,
    base: Option<TokenStream>,
    layout: TokenStream,
) -> syn::Result<TokenStream> {
    let name = class_name(options, ident)?;
    let module = options
        .module
        .as_ref()
        .map_or_else(|| "builtins".to_owned(), LitStr::value);
    let doc = match &options.doc {
        Some(doc) => quote!(::core::option::Option::Some(#doc)),
        None => quote!(::core::option::Option::None),
    };
    let base = match base {
        Some(base) => quote! {
            ::core::option::Option::Some({
                fn base() -> &'static ::taipan_objects::value::Ref<::taipan_objects::class::Type> {
                    #base
                }
                base
            })
        },
        None => quote!(::core::option::Option::None),
    };
    let flags = options
        .flags
        .iter()
        .map(|flag| quote_spanned!(flag.span()=> ::taipan_objects::class::ClassFlags::#flag));
    let main = (!options.no_methods).then(|| format_ident!("build_methods"));
    let builds = main.into_iter().chain(
        options
            .parts
            .iter()
            .map(|part| format_ident!("build_methods_{}", part, span = part.span())),
    );
    Ok(quote! {
        static DEFINITION: ::taipan_objects::class::ClassDef = ::taipan_objects::class::ClassDef {
            name: #name,
            module: #module,
            doc: #doc,
            signature: ::taipan_objects::cell::Once::new(),
            flags: 0 #(| #flags)*,
            layout: #layout,
            base: #base,
            build: {
                fn build(b: &::taipan_objects::class::ClassBuilder<'_>) {
                    #(#ident::#builds(b);)*
                }
                build
            },
        };
    })
}

fn inherent(options: &ClassOptions, ident: &Ident) -> syn::Result<TokenStream> {
    let name = class_name(options, ident)?;
    Ok(quote! {
        impl #ident {
            /// `__name__` of the class.
            #[allow(dead_code)]
            pub const CLASS_NAME: &'static str = #name;

            /// What the class is made from.
            #[allow(dead_code)]
            pub fn definition() -> &'static ::taipan_objects::class::ClassDef {
                &DEFINITION
            }

            /// Makes the class object, once, and answers it.
            #[allow(dead_code)]
            pub fn init_class() -> &'static ::taipan_objects::value::Ref<::taipan_objects::class::Type> {
                ::taipan_objects::class::create_builtin(&DEFINITION, &CLASS);
                &CLASS
            }

            /// Allocates the class object without completing it; for start-up code, where classes need each other.
            #[allow(dead_code)]
            pub fn allocate_class() -> &'static ::taipan_objects::value::Ref<::taipan_objects::class::Type> {
                ::taipan_objects::class::allocate_builtin(&DEFINITION, &CLASS);
                &CLASS
            }
        }
    })
}
