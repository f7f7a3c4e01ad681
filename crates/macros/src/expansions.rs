//! Compares what the macros make with the files in `tests/expansions`.
//!
//! A file has a claim, an `== input` and an `== output`. `BLESS=1 cargo test` rewrites the outputs.

use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::TokenStream;
use syn::{Attribute, Item, Meta};

fn attributes(item: &mut Item) -> &mut Vec<Attribute> {
    match item {
        Item::Struct(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        Item::Const(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        _ => panic!("the tests have structs, impls, functions, constants and modules"),
    }
}

fn expand_item(mut item: Item) -> TokenStream {
    if let Item::Macro(call) = &item {
        let (name, input) = (
            call.mac.path.segments[0].ident.to_string(),
            call.mac.tokens.clone(),
        );
        assert_eq!(name, "define_module");
        return crate::module::expand_define_module(input)
            .unwrap_or_else(syn::Error::into_compile_error);
    }
    let attribute = attributes(&mut item).remove(0);
    let arguments = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let item = quote::quote!(#item);
    match attribute
        .path()
        .get_ident()
        .map(ToString::to_string)
        .as_deref()
    {
        Some("class") => {
            crate::class::expand(arguments, item).unwrap_or_else(syn::Error::into_compile_error)
        }
        Some("methods") => crate::methods::expand(arguments, item),
        Some("function") => crate::module::expand_function(arguments, item),
        Some("constant") => crate::module::expand_constant(arguments, item),
        Some("module") => crate::module::expand_module(arguments, item)
            .unwrap_or_else(syn::Error::into_compile_error),
        other => panic!("no macro {other:?}"),
    }
}

fn expand_text(input: &str) -> String {
    let file = syn::parse_file(input).expect("the input is Rust");
    let output: TokenStream = file.items.into_iter().map(expand_item).collect();
    let file = syn::parse2(output).expect("the output is Rust");
    prettyplease::unparse(&file).replace("::taipan_objects::", "::t::")
}

fn check(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).expect("the file can be read");
    let (claim, rest) = text.split_once("== input\n").expect("a file has an input");
    let (input, expected) = rest.split_once("== output\n").unwrap_or((rest, ""));
    let output = expand_text(input);
    if output == expected {
        return Ok(());
    }
    if env::var_os("BLESS").is_some() {
        fs::write(path, format!("{claim}== input\n{input}== output\n{output}"))
            .expect("the file can be written");
        return Ok(());
    }
    Err(format!("{} expands to:\n{output}", path.display()))
}

#[test]
fn expansions_are_as_committed() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/expansions");
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .expect("the directory is there")
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let failures: Vec<String> = paths.iter().filter_map(|path| check(path).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
