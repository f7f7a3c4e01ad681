//! `#[methods]`: an impl block becomes methods, computed attributes, slots and attributes of a class.
//!
//! The block stays as it is, without the attributes read here. A second block gets the thunks and the function that hands
//! everything to a `ClassBuilder`, in the order in which it was written.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, ImplItem, ImplItemConst, ImplItemFn, ItemImpl, Token};

use crate::attribute::{self, FunctionOptions};
use crate::function::{self, Binding};
use crate::slot;

const MARKS: [&str; 10] = [
    "method",
    "classmethod",
    "staticmethod",
    "new",
    "init",
    "getter",
    "setter",
    "slot",
    "constant",
    "attribute",
];

/// `part = name`, or nothing.
struct BlockOptions {
    part: Option<Ident>,
}

impl Parse for BlockOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(BlockOptions { part: None });
        }
        let key: Ident = input.parse()?;
        if key != "part" {
            return Err(syn::Error::new(key.span(), "expected `part = name`"));
        }
        input.parse::<Token![=]>()?;
        Ok(BlockOptions {
            part: Some(input.parse()?),
        })
    }
}

/// One computed attribute, put together from its functions.
struct GetSet {
    name: String,
    doc: TokenStream,
    getter: Option<Ident>,
    setter: Option<Ident>,
    member: bool,
    cfgs: Vec<Attribute>,
}

#[derive(Default)]
struct Block {
    thunks: Vec<TokenStream>,
    statements: Vec<TokenStream>,
    getsets: Vec<GetSet>,
    error: Option<syn::Error>,
}

/// Expands the attribute on an impl block.
pub fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let options = match syn::parse2::<BlockOptions>(arguments) {
        Ok(options) => options,
        Err(error) => return error.into_compile_error(),
    };
    let mut item = match syn::parse2::<ItemImpl>(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let mut block = Block::default();
    if item.trait_.is_some() || !item.generics.params.is_empty() {
        block.fail(syn::Error::new_spanned(
            &item.self_ty,
            "methods stand in an inherent impl of a plain type",
        ));
    }
    for member in &mut item.items {
        match member {
            ImplItem::Fn(function) => block.add_function(function),
            ImplItem::Const(constant) => block.add_constant(constant),
            _ => {}
        }
    }
    let build = match &options.part {
        Some(part) => format_ident!("build_methods_{}", part),
        None => format_ident!("build_methods"),
    };
    let getsets = block.getsets.iter().map(GetSet::statement);
    let (ty, thunks, statements) = (&item.self_ty, &block.thunks, &block.statements);
    let error = block.error.as_ref().map(syn::Error::to_compile_error);
    quote! {
        #item

        impl #ty {
            #(#thunks)*

            /// Hands what this block describes to the class that is being made.
            #[doc(hidden)]
            #[allow(unused_variables)]
            pub(crate) fn #build(b: &::taipan_objects::class::ClassBuilder<'_>) {
                #(#statements)*
                #(#getsets)*
            }
        }

        #error
    }
}

impl Block {
    fn fail(&mut self, error: syn::Error) {
        match &mut self.error {
            Some(first) => first.combine(error),
            None => self.error = Some(error),
        }
    }

    fn add_function(&mut self, item: &mut ImplItemFn) {
        let marks: Vec<Attribute> = item
            .attrs
            .iter()
            .filter(|attribute| is_mark(attribute))
            .cloned()
            .collect();
        item.attrs.retain(|attribute| !is_mark(attribute));
        for mark in marks {
            if let Err(error) = self.add_marked(item, &mark) {
                self.fail(error);
            }
        }
    }

    fn add_marked(&mut self, item: &ImplItemFn, mark: &Attribute) -> syn::Result<()> {
        let kind = mark.path().require_ident()?.to_string();
        match kind.as_str() {
            "method" => self.add_native(item, mark, Binding::Method),
            "classmethod" => self.add_native(item, mark, Binding::Class),
            "staticmethod" => self.add_native(item, mark, Binding::Static),
            "new" => self.add_constructor(item, mark, Binding::New),
            "init" => self.add_constructor(item, mark, Binding::Init),
            "getter" => self.add_getter(item, mark),
            "setter" => self.add_setter(item, mark),
            "slot" => self.add_slots(item, mark),
            _ => self.add_computed_constant(item, mark),
        }
    }

    fn add_native(
        &mut self,
        item: &ImplItemFn,
        mark: &Attribute,
        binding: Binding,
    ) -> syn::Result<()> {
        let options = FunctionOptions::of(mark)?;
        let native = function::native(
            &item.attrs,
            &item.sig,
            &options,
            binding,
            Some(quote!(Self)),
        )?;
        let definition = native.definition;
        let cfgs = attribute::cfgs(&item.attrs);
        self.thunks.push(native.thunk);
        self.statements
            .push(quote!(#(#cfgs)* b.method(const { &#definition });));
        Ok(())
    }

    fn add_constructor(
        &mut self,
        item: &ImplItemFn,
        mark: &Attribute,
        binding: Binding,
    ) -> syn::Result<()> {
        let options = FunctionOptions::of(mark)?;
        let native = function::native(
            &item.attrs,
            &item.sig,
            &options,
            binding,
            Some(quote!(Self)),
        )?;
        let thunk = native.thunk_name;
        let cfgs = attribute::cfgs(&item.attrs);
        self.thunks.push(native.thunk);
        let slot = if binding == Binding::New {
            quote!(new)
        } else {
            quote!(init)
        };
        self.statements.push(
            quote!(#(#cfgs)* b.slots().#slot.set(::core::option::Option::Some(Self::#thunk));),
        );
        if let Some(text) = native.text {
            self.statements.push(quote!(#(#cfgs)* b.signature(#text);));
        }
        Ok(())
    }

    fn getset(&mut self, name: String, item: &ImplItemFn) -> &mut GetSet {
        let index = self
            .getsets
            .iter()
            .position(|getset| getset.name == name)
            .unwrap_or_else(|| {
                let cfgs = attribute::cfgs(&item.attrs).into_iter().cloned().collect();
                let doc = quote!(::core::option::Option::None);
                self.getsets.push(GetSet {
                    name,
                    doc,
                    getter: None,
                    setter: None,
                    member: false,
                    cfgs,
                });
                self.getsets.len() - 1
            });
        &mut self.getsets[index]
    }

    fn add_getter(&mut self, item: &ImplItemFn, mark: &Attribute) -> syn::Result<()> {
        let options = FunctionOptions::of(mark)?;
        function::refuse_unusual(&item.sig)?;
        if item.sig.inputs.len() != 1 {
            return Err(syn::Error::new_spanned(
                &item.sig.ident,
                "a getter takes the instance alone",
            ));
        }
        let receiver = function::instance_receiver(&item.sig.inputs[0])?;
        let ident = &item.sig.ident;
        let thunk = format_ident!("__getter_{}", attribute::rust_name(ident));
        let cfgs = attribute::cfgs(&item.attrs);
        self.thunks.push(quote! {
            #(#cfgs)*
            #[doc(hidden)]
            #[allow(clippy::all)]
            fn #thunk(receiver: &::taipan_objects::value::Value) -> ::taipan_objects::raised::PyResult<::taipan_objects::value::Value> {
                ::taipan_objects::native::IntoResult::into_result(Self::#ident(#receiver))
            }
        });
        let doc = attribute::doc_option(&item.attrs);
        let getset = self.getset(options.python_name(ident), item);
        if getset.getter.replace(thunk).is_some() {
            return Err(syn::Error::new_spanned(
                ident,
                "the attribute has two getters",
            ));
        }
        getset.doc = doc;
        getset.member |= options.member;
        Ok(())
    }

    fn add_setter(&mut self, item: &ImplItemFn, mark: &Attribute) -> syn::Result<()> {
        let options = FunctionOptions::of(mark)?;
        function::refuse_unusual(&item.sig)?;
        let ident = &item.sig.ident;
        if item.sig.inputs.len() != 2 {
            return Err(syn::Error::new_spanned(
                ident,
                "a setter takes the instance and `Option<&Value>`",
            ));
        }
        let receiver = function::instance_receiver(&item.sig.inputs[0])?;
        let rust_name = attribute::rust_name(ident);
        let name = match (&options.name, rust_name.strip_prefix("set_")) {
            (Some(name), _) => name.value(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => {
                return Err(syn::Error::new_spanned(
                    ident,
                    "a setter is named `set_…` or names its attribute with `name = \"…\"`",
                ));
            }
        };
        let thunk = format_ident!("__setter_{}", rust_name);
        let cfgs = attribute::cfgs(&item.attrs);
        self.thunks.push(quote! {
            #(#cfgs)*
            #[doc(hidden)]
            #[allow(clippy::all)]
            fn #thunk(
                receiver: &::taipan_objects::value::Value,
                value: ::core::option::Option<&::taipan_objects::value::Value>,
            ) -> ::taipan_objects::raised::PyResult<()> {
                ::taipan_objects::native::IntoOutcome::into_outcome(Self::#ident(#receiver, value))
            }
        });
        let getset = self.getset(name, item);
        getset.member |= options.member;
        if getset.setter.replace(thunk).is_some() {
            return Err(syn::Error::new_spanned(
                ident,
                "the attribute has two setters",
            ));
        }
        Ok(())
    }

    fn add_slots(&mut self, item: &ImplItemFn, mark: &Attribute) -> syn::Result<()> {
        let slots = mark.parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated)?;
        for name in &slots {
            let code = slot::slot(&item.attrs, &item.sig, name)?;
            self.thunks.push(code.thunk);
            self.statements.push(code.fill);
        }
        Ok(())
    }

    fn add_computed_constant(&mut self, item: &ImplItemFn, mark: &Attribute) -> syn::Result<()> {
        let options = FunctionOptions::of(mark)?;
        if let Some(input) = item.sig.inputs.first() {
            return Err(syn::Error::new_spanned(
                input,
                "a constant takes no parameters",
            ));
        }
        let ident = &item.sig.ident;
        self.push_constant(
            &options.python_name(ident),
            quote!(Self::#ident()),
            &item.attrs,
        );
        Ok(())
    }

    fn add_constant(&mut self, item: &mut ImplItemConst) {
        let marks: Vec<Attribute> = item
            .attrs
            .iter()
            .filter(|attribute| is_mark(attribute))
            .cloned()
            .collect();
        item.attrs.retain(|attribute| !is_mark(attribute));
        for mark in marks {
            match FunctionOptions::of(&mark) {
                Ok(options) => {
                    let ident = &item.ident;
                    self.push_constant(
                        &options.python_name(ident),
                        quote!(Self::#ident),
                        &item.attrs,
                    );
                }
                Err(error) => self.fail(error),
            }
        }
    }

    fn push_constant(&mut self, name: &str, value: TokenStream, attributes: &[Attribute]) {
        let cfgs = attribute::cfgs(attributes);
        self.statements.push(quote! {
            #(#cfgs)*
            b.constant(#name, ::taipan_objects::native::constant_value(#value));
        });
    }
}

impl GetSet {
    fn statement(&self) -> TokenStream {
        let GetSet {
            name,
            doc,
            getter,
            setter,
            member,
            cfgs,
        } = self;
        let option = |thunk: &Option<Ident>| match thunk {
            Some(thunk) => quote!(::core::option::Option::Some(Self::#thunk)),
            None => quote!(::core::option::Option::None),
        };
        let (get, set) = (option(getter), option(setter));
        quote! {
            #(#cfgs)*
            b.getset(const {
                &::taipan_objects::native::GetSetDef { name: #name, doc: #doc, get: #get, set: #set, member: #member }
            });
        }
    }
}

fn is_mark(attribute: &Attribute) -> bool {
    MARKS.iter().any(|mark| attribute.path().is_ident(mark))
}
