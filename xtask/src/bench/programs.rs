//! The benchmark programs: pyperformance's that need nothing but the standard library.

/// One run of one script.
pub struct Program {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Its folder among pyperformance's, without `bm_`.
    pub folder: &'static str,
    /// What the script is told.
    pub arguments: &'static [&'static str],
}

const fn program(name: &'static str) -> Program {
    Program {
        name,
        folder: name,
        arguments: &[],
    }
}

const fn variant(
    name: &'static str,
    folder: &'static str,
    arguments: &'static [&'static str],
) -> Program {
    Program {
        name,
        folder,
        arguments,
    }
}

/// All of them, in the order they run.
pub const PROGRAMS: &[Program] = &[
    program("nbody"),
    program("float"),
    program("fannkuch"),
    program("spectral_norm"),
    program("nqueens"),
    program("chaos"),
    program("raytrace"),
    program("richards"),
    program("richards_super"),
    program("deltablue"),
    program("go"),
    program("hexiom"),
    program("scimark"),
    program("barnes_hut"),
    program("bpe_tokeniser"),
    program("pyflate"),
    program("mdp"),
    program("meteor_contest"),
    program("pidigits"),
    program("telco"),
    program("unpack_sequence"),
    program("comprehensions"),
    program("generators"),
    program("coroutines"),
    program("async_generators"),
    variant("async_tree", "async_tree", &["none"]),
    program("deepcopy"),
    program("json_dumps"),
    program("json_loads"),
    variant("pickle", "pickle", &["pickle"]),
    variant("unpickle", "pickle", &["unpickle"]),
    variant("pickle_pure", "pickle", &["--pure-python", "pickle"]),
    variant("unpickle_pure", "pickle", &["--pure-python", "unpickle"]),
    program("regex_compile"),
    program("regex_effbot"),
    program("regex_dna"),
    program("regex_v8"),
    program("logging"),
    program("pprint"),
    program("pathlib"),
    variant("argparse", "argparse", &["many_optionals"]),
    program("base64"),
    program("decimal_pi"),
    program("decimal_factorial"),
    program("gc_collect"),
    program("gc_traversal"),
    program("typing_runtime_protocols"),
    program("xml_etree"),
];
