//! The abstract grammar of Python 3.14: every node class, its fields and their types, once.
//!
//! The table gives the enum [`Kind`], the classes that Python sees, and the order of fields everywhere.

/// How often a field's type occurs in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quantity {
    /// Once.
    One,
    /// Once, or None.
    Optional,
    /// A list.
    List,
    /// A list whose items may be None.
    Holes,
}

/// A field of a node.
pub(super) struct Field {
    /// Its name.
    pub name: &'static str,
    /// How often its type occurs.
    pub quantity: Quantity,
    /// The name of a class of the grammar, or `identifier`, `int`, `string`, `constant`.
    pub class: &'static str,
}

/// What the values of a field are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    /// `identifier`.
    Identifier,
    /// `string`.
    Text,
    /// `int`.
    Int,
    /// `constant`.
    Constant,
    /// Nodes of a class.
    Node(Kind),
}

impl Field {
    /// What its values are.
    pub fn sort(&self) -> Sort {
        match self.class {
            "identifier" => Sort::Identifier,
            "string" => Sort::Text,
            "int" => Sort::Int,
            "constant" => Sort::Constant,
            name => {
                let place = CLASSES.iter().position(|class| class.name == name);
                Sort::Node(KINDS[place.expect("fields name classes of the grammar")])
            }
        }
    }
}

/// The position attributes of a class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// None.
    Nowhere,
    /// Its end may be unknown.
    Somewhere,
    /// Its end is known.
    Exactly,
}

/// A class of the grammar.
pub(super) struct Class {
    /// Its name.
    pub name: &'static str,
    /// The class it is a case of, if it is one.
    pub sum: Option<Kind>,
    /// Its position attributes.
    pub place: Place,
    /// Its fields in order.
    pub fields: &'static [Field],
}

macro_rules! grammar {
    ($($sum:ident $place:ident $({ $($case:ident($($field:literal $quantity:ident $class:ident),*);)* })? $(($($own:literal $own_quantity:ident $own_class:ident),*))?;)*) => {
        /// A class of the grammar.
        #[allow(non_camel_case_types, missing_docs)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub(super) enum Kind { $($sum, $($($case,)*)?)* }

        /// Every class, in the order of [`Kind`]; a class of cases stands before them.
        pub(super) static CLASSES: &[Class] = &[$(
            Class {
                name: stringify!($sum),
                sum: None,
                place: Place::$place,
                fields: &[$($(Field { name: $own, quantity: Quantity::$own_quantity, class: stringify!($own_class) },)*)?],
            },
            $($(Class {
                name: stringify!($case),
                sum: Some(Kind::$sum),
                place: Place::$place,
                fields: &[$(Field { name: $field, quantity: Quantity::$quantity, class: stringify!($class) },)*],
            },)*)?
        )*];

        const KINDS: &[Kind] = &[$(Kind::$sum, $($(Kind::$case,)*)?)*];
    };
}

grammar! {
    r#mod Nowhere {
        Module("body" List stmt, "type_ignores" List type_ignore);
        Interactive("body" List stmt);
        Expression("body" One expr);
        FunctionType("argtypes" List expr, "returns" One expr);
    };
    stmt Somewhere {
        FunctionDef("name" One identifier, "args" One arguments, "body" List stmt, "decorator_list" List expr, "returns" Optional expr, "type_comment" Optional string, "type_params" List type_param);
        AsyncFunctionDef("name" One identifier, "args" One arguments, "body" List stmt, "decorator_list" List expr, "returns" Optional expr, "type_comment" Optional string, "type_params" List type_param);
        ClassDef("name" One identifier, "bases" List expr, "keywords" List keyword, "body" List stmt, "decorator_list" List expr, "type_params" List type_param);
        Return("value" Optional expr);
        Delete("targets" List expr);
        Assign("targets" List expr, "value" One expr, "type_comment" Optional string);
        TypeAlias("name" One expr, "type_params" List type_param, "value" One expr);
        AugAssign("target" One expr, "op" One operator, "value" One expr);
        AnnAssign("target" One expr, "annotation" One expr, "value" Optional expr, "simple" One int);
        For("target" One expr, "iter" One expr, "body" List stmt, "orelse" List stmt, "type_comment" Optional string);
        AsyncFor("target" One expr, "iter" One expr, "body" List stmt, "orelse" List stmt, "type_comment" Optional string);
        While("test" One expr, "body" List stmt, "orelse" List stmt);
        If("test" One expr, "body" List stmt, "orelse" List stmt);
        With("items" List withitem, "body" List stmt, "type_comment" Optional string);
        AsyncWith("items" List withitem, "body" List stmt, "type_comment" Optional string);
        Match("subject" One expr, "cases" List match_case);
        Raise("exc" Optional expr, "cause" Optional expr);
        Try("body" List stmt, "handlers" List excepthandler, "orelse" List stmt, "finalbody" List stmt);
        TryStar("body" List stmt, "handlers" List excepthandler, "orelse" List stmt, "finalbody" List stmt);
        Assert("test" One expr, "msg" Optional expr);
        Import("names" List alias);
        ImportFrom("module" Optional identifier, "names" List alias, "level" Optional int);
        Global("names" List identifier);
        Nonlocal("names" List identifier);
        Expr("value" One expr);
        Pass();
        Break();
        Continue();
    };
    expr Somewhere {
        BoolOp("op" One boolop, "values" List expr);
        NamedExpr("target" One expr, "value" One expr);
        BinOp("left" One expr, "op" One operator, "right" One expr);
        UnaryOp("op" One unaryop, "operand" One expr);
        Lambda("args" One arguments, "body" One expr);
        IfExp("test" One expr, "body" One expr, "orelse" One expr);
        Dict("keys" Holes expr, "values" List expr);
        Set("elts" List expr);
        ListComp("elt" One expr, "generators" List comprehension);
        SetComp("elt" One expr, "generators" List comprehension);
        DictComp("key" One expr, "value" One expr, "generators" List comprehension);
        GeneratorExp("elt" One expr, "generators" List comprehension);
        Await("value" One expr);
        Yield("value" Optional expr);
        YieldFrom("value" One expr);
        Compare("left" One expr, "ops" List cmpop, "comparators" List expr);
        Call("func" One expr, "args" List expr, "keywords" List keyword);
        FormattedValue("value" One expr, "conversion" One int, "format_spec" Optional expr);
        Interpolation("value" One expr, "str" One constant, "conversion" One int, "format_spec" Optional expr);
        JoinedStr("values" List expr);
        TemplateStr("values" List expr);
        Constant("value" One constant, "kind" Optional string);
        Attribute("value" One expr, "attr" One identifier, "ctx" One expr_context);
        Subscript("value" One expr, "slice" One expr, "ctx" One expr_context);
        Starred("value" One expr, "ctx" One expr_context);
        Name("id" One identifier, "ctx" One expr_context);
        List("elts" List expr, "ctx" One expr_context);
        Tuple("elts" List expr, "ctx" One expr_context);
        Slice("lower" Optional expr, "upper" Optional expr, "step" Optional expr);
    };
    expr_context Nowhere { Load(); Store(); Del(); };
    boolop Nowhere { And(); Or(); };
    operator Nowhere { Add(); Sub(); Mult(); MatMult(); Div(); Mod(); Pow(); LShift(); RShift(); BitOr(); BitXor(); BitAnd(); FloorDiv(); };
    unaryop Nowhere { Invert(); Not(); UAdd(); USub(); };
    cmpop Nowhere { Eq(); NotEq(); Lt(); LtE(); Gt(); GtE(); Is(); IsNot(); In(); NotIn(); };
    comprehension Nowhere ("target" One expr, "iter" One expr, "ifs" List expr, "is_async" One int);
    excepthandler Somewhere {
        ExceptHandler("type" Optional expr, "name" Optional identifier, "body" List stmt);
    };
    arguments Nowhere ("posonlyargs" List arg, "args" List arg, "vararg" Optional arg, "kwonlyargs" List arg, "kw_defaults" List expr, "kwarg" Optional arg, "defaults" List expr);
    arg Somewhere ("arg" One identifier, "annotation" Optional expr, "type_comment" Optional string);
    keyword Somewhere ("arg" Optional identifier, "value" One expr);
    alias Somewhere ("name" One identifier, "asname" Optional identifier);
    withitem Nowhere ("context_expr" One expr, "optional_vars" Optional expr);
    match_case Nowhere ("pattern" One pattern, "guard" Optional expr, "body" List stmt);
    pattern Exactly {
        MatchValue("value" One expr);
        MatchSingleton("value" One constant);
        MatchSequence("patterns" List pattern);
        MatchMapping("keys" List expr, "patterns" List pattern, "rest" Optional identifier);
        MatchClass("cls" One expr, "patterns" List pattern, "kwd_attrs" List identifier, "kwd_patterns" List pattern);
        MatchStar("name" Optional identifier);
        MatchAs("pattern" Optional pattern, "name" Optional identifier);
        MatchOr("patterns" List pattern);
    };
    type_ignore Nowhere {
        TypeIgnore("lineno" One int, "tag" One string);
    };
    type_param Exactly {
        TypeVar("name" One identifier, "bound" Optional expr, "default_value" Optional expr);
        ParamSpec("name" One identifier, "default_value" Optional expr);
        TypeVarTuple("name" One identifier, "default_value" Optional expr);
    };
}

impl Kind {
    /// All classes, in order.
    pub fn all() -> impl Iterator<Item = Kind> {
        KINDS.iter().copied()
    }

    /// What the grammar says of the class.
    pub fn class(self) -> &'static Class {
        &CLASSES[self as usize]
    }

    /// The class's name.
    pub fn name(self) -> &'static str {
        self.class().name.trim_start_matches("r#")
    }

    /// Whether other classes are its cases.
    pub fn is_sum(self) -> bool {
        self.cases().next().is_some()
    }

    /// The cases of a class.
    pub fn cases(self) -> impl Iterator<Item = Kind> {
        // The cases of a class follow it.
        KINDS[self as usize + 1..]
            .iter()
            .copied()
            .take_while(move |kind| kind.class().sum == Some(self))
    }

    /// Whether other classes are its cases, none of which has anything to it.
    pub fn is_plain_sum(self) -> bool {
        self.is_sum() && self.cases().all(Kind::is_single)
    }

    /// Whether one object stands for all nodes of the class: it has neither fields nor a position.
    pub fn is_single(self) -> bool {
        let class = self.class();
        class.sum.is_some() && class.fields.is_empty() && class.place == Place::Nowhere
    }

    /// How the class is written in the grammar: its docstring.
    pub fn text(self) -> String {
        let class = self.class();
        let parts = class.fields.iter().map(|field| {
            let mark = match field.quantity {
                Quantity::One => "",
                Quantity::Optional => "?",
                Quantity::List => "*",
                Quantity::Holes => "?*",
            };
            format!("{}{mark} {}", field.class, field.name)
        });
        let parts = parts.collect::<Vec<_>>().join(", ");
        if class.fields.is_empty() {
            self.name().to_owned()
        } else {
            format!("{}({parts})", self.name())
        }
    }

    /// The docstring: a class of cases lists them.
    pub fn doc(self) -> String {
        let cases: Vec<String> = self.cases().map(Kind::text).collect();
        if cases.is_empty() {
            return self.text();
        }
        let separator = if self.is_plain_sum() {
            " | ".to_owned()
        } else {
            format!("\n{}| ", " ".repeat(self.name().len() + 1))
        };
        format!("{} = {}", self.name(), cases.join(&separator))
    }
}
