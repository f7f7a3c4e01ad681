//! Expressions by type, as tables of templates.

use super::scope::Type;
use super::{Generator, Weighted};

/// How deep expressions nest.
const DEPTH: u32 = 3;

/// Ints around the borders of machine words and of the interpreter's small ints.
pub const LARGE: &[&str] = &[
    "1000003",
    "4294967296",
    "2305843009213693951",
    "2305843009213693952",
    "4611686018427387903",
    "4611686018427387904",
    "-4611686018427387904",
    "-4611686018427387905",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
];

const INT_LEAVES: &[Weighted] = &[
    (30, "$I"),
    (16, "$c"),
    (4, "$h"),
    (14, "$k"),
    (3, "$K"),
    (3, "g$ua"),
    (2, "g$ub"),
    (1, "M$u.value"),
    (2, "$O.i1"),
    (1, "$C.constant"),
    (1, "True"),
];

const INT: &[Weighted] = &[
    (24, "($i + $i)"),
    (14, "($i - $i)"),
    (12, "($i * $i)"),
    (10, "$i % $m"),
    (4, "($i // $m)"),
    (1, "($i // $i)"),
    (1, "($i % $i)"),
    (6, "($i & $i)"),
    (4, "($i | $i)"),
    (6, "($i ^ $i)"),
    (2, "($i << $k)"),
    (3, "($i >> $k)"),
    (1, "(($i & 65535) ** 2)"),
    (3, "(-$i)"),
    (2, "(~$i)"),
    (2, "abs($i)"),
    (3, "len($s)"),
    (4, "len($l)"),
    (2, "len($D)"),
    (1, "len($T)"),
    (1, "len($O)"),
    (2, "min($i, $i)"),
    (1, "max($i, $i, $k)"),
    (1, "int($f)"),
    (1, "int($i)"),
    (1, "int(str($k))"),
    (2, "int($b)"),
    (1, "bool($i)"),
    (1, "(not $i)"),
    (4, "($b + $i)"),
    (3, "$L[$k]"),
    (4, "$L[$c % len($L)]"),
    (1, "$L[-1]"),
    (1, "$L[$i]"),
    (3, "$T[$c % 3]"),
    (2, "$T[1]"),
    (1, "$t[-1]"),
    (2, "$D.get($k, $k)"),
    (2, "$D[$k]"),
    (1, "g$ul[$k]"),
    (1, "g$ud['x']"),
    (4, "M$u.value"),
    (2, "M$u.function($i)"),
    (1, "len(tuple($L))"),
    (1, "len(str($i))"),
    (1, "sys.maxsize"),
    (6, "$O.i1"),
    (2, "$O.prop"),
    (5, "$O.method($i)"),
    (2, "$O.wide($i)"),
    (2, "$O.wide($i, $i)"),
    (2, "$O.wide($i, other=$i)"),
    (1, "$O.wide($i, $i, $i, $i, last=$i)"),
    (1, "$O.wide(*$T)"),
    (1, "$O.static($i)"),
    (1, "$O.of_class($i)"),
    (1, "$C.static($i)"),
    (1, "$C.of_class($i)"),
    (1, "$C.method($O, $i)"),
    (1, "$O.constant"),
    (1, "$O.bound($i)"),
    (2, "$O[$i]"),
    (2, "$O($i)"),
    (1, "$O(i2=$i)"),
    (2, "($O + $i)"),
    (1, "$O.deep(2)"),
    (1, "$C($i).i1"),
    (1, "$C($i, i2=$i).method($k)"),
    (1, "$o.extra"),
    (1, "$C.counted"),
    (10, "$q"),
    (4, "($i if $b else $i)"),
    (2, "(${1:I} := $i & 65535)"),
    (2, "($i or $i)"),
    (1, "($i and $i)"),
    (1, "sum($L)"),
    (1, "sum([$1 * $k for $1 in $L])"),
    (1, "sum($1 & 7 for $1 in $L if $1)"),
    (1, "sum([$1 for $1, $2 in zip($L, $T)])"),
    (1, "(lambda $1: $1 + $k)($i)"),
    (1, "(lambda $1, $2=$k: $1 - $2)($i)"),
    (1, "ord(($s or 'z')[0])"),
    (1, "$S.find('a')"),
    (1, "$S.count('b')"),
    (1, "$L.count($k)"),
    (1, "($i).bit_length()"),
    (1, "($i).__index__()"),
    (1, "($i).real"),
    (1, "hash($i)"),
    (1, "divmod($i, $m)[1]"),
    (1, "round($F, 2).__class__(2).__int__()"),
    (1, "next(iter($L), $k)"),
    (1, "sys._getframe().f_lineno"),
    (1, "eval('$k + 1')"),
    (1, "int.from_bytes(b'\\x01$k')"),
    (1, "getattr($O, 'i1', $k)"),
];

/// Ints that containers keep: what is computed of them in each round does not grow for ever.
const KEPT: &[Weighted] = &[
    (4, "($i & 4294967295)"),
    (2, "($i & 2305843009213693951)"),
    (1, "($i & 36893488147419103231)"),
    (2, "$i % 1000003"),
    (3, "$k"),
    (1, "$K"),
];

const FLOAT_LEAVES: &[Weighted] = &[
    (20, "$F"),
    (5, "0.5"),
    (5, "1.5"),
    (2, "-0.0"),
    (1, "1e308"),
    (1, "5e-324"),
    (2, "INF"),
    (2, "NAN"),
    (3, "g$uf"),
    (3, "$O.f1"),
];

const FLOAT: &[Weighted] = &[
    (14, "($f + $f)"),
    (10, "($f - $f)"),
    (12, "($f * $f)"),
    (4, "($f * $i)"),
    (4, "($i + $f)"),
    (3, "($f - $i)"),
    (3, "($f / 3.0)"),
    (2, "($f / ($i or 1))"),
    (1, "($f / $f)"),
    (2, "($i / $m)"),
    (1, "($f % 3.5)"),
    (1, "($f // 0.5)"),
    (1, "(0.5 ** $k)"),
    (2, "(-$f)"),
    (1, "abs($f)"),
    (2, "float($i & 1023)"),
    (1, "float('1.25')"),
    (1, "min($f, $f)"),
    (2, "round($F, 3)"),
    (2, "($f if $b else $f)"),
    (3, "$O.f1"),
    (1, "(1.5 if $b else -0.0)"),
];

const STR_LEAVES: &[Weighted] = &[
    (20, "$S"),
    (4, "'a'"),
    (4, "'abc'"),
    (2, "''"),
    (2, "'\u{e9}'"),
    (1, "'\u{4e16}x'"),
    (2, "g$us"),
    (2, "$O.s1"),
];

const STR: &[Weighted] = &[
    (12, "($s + $s)"),
    (4, "$S[$k]"),
    (4, "$S[$c % len($S)]"),
    (4, "$S[$k:]"),
    (3, "$S[:$k]"),
    (3, "$S[1:$k]"),
    (1, "$S[::-1]"),
    (2, "$S[$k:$i:2]"),
    (4, "f'{$i}'"),
    (2, "f'{$k:>4}|{$F:.2f}'"),
    (2, "f'{$S!r}{$k}'"),
    (2, "'{}-{}'.format($k, $s)"),
    (2, "('%d:%s' % ($k, $s))"),
    (3, "str($i)"),
    (1, "str($f)"),
    (2, "($s * 2)"),
    (3, "($s if $b else $s)"),
    (3, "chr(97 + $i % 26)"),
    (1, "$S.upper()"),
    (1, "$S.replace('a', 'xy')"),
    (1, "$S.strip()"),
    (1, "$S.split('a', 1)[0]"),
    (1, "$S.join(['p', 'q', $s])"),
    (1, "','.join(str($1) for $1 in $T)"),
    (1, "type($a).__name__"),
    (1, "type($O).__name__"),
    (1, "repr($i)"),
    (1, "repr($a)"),
    (1, "sys._getframe().f_code.co_name"),
    (1, "($s or $s)"),
];

const BOOL_LEAVES: &[Weighted] = &[
    (6, "$B"),
    (12, "$c % $m == 0"),
    (8, "$I & $k"),
    (6, "$I < $k"),
    (2, "True"),
    (2, "$I"),
    (2, "$S"),
    (2, "$L"),
    (2, "$O"),
    (2, "$A"),
];

const BOOL: &[Weighted] = &[
    (14, "$i < $i"),
    (6, "$i <= $i"),
    (10, "$i == $i"),
    (4, "$i != $i"),
    (8, "$i > $i"),
    (3, "$i >= $i"),
    (10, "$i % $m == $k"),
    (5, "$c % $m"),
    (4, "$f < $f"),
    (2, "$f == $f"),
    (2, "$f >= $f"),
    (1, "$f != $f"),
    (2, "$f > $i"),
    (3, "$s == $s"),
    (2, "$s != $s"),
    (2, "$s < $s"),
    (1, "$s >= $s"),
    (3, "$k in $L"),
    (2, "$i not in $L"),
    (3, "$k in $D"),
    (2, "$i not in $D"),
    (3, "$i in $E"),
    (1, "$k not in $E"),
    (2, "'a' in $S"),
    (1, "$k in $T"),
    (1, "$k in $O"),
    (3, "$A is None"),
    (3, "$a is not None"),
    (1, "$o is $O"),
    (2, "$D.get($k) is None"),
    (2, "$i in (1, 2, 5)"),
    (2, "$i in {1, 2, 7}"),
    (2, "(not $b)"),
    (3, "($b and $b)"),
    (3, "($b or $b)"),
    (2, "0 < $i < $K"),
    (1, "$i < $f <= $K"),
    (3, "isinstance($A, int)"),
    (2, "isinstance($O, $C)"),
    (1, "isinstance($a, (str, float))"),
    (1, "issubclass(type($O), $C)"),
    (1, "hasattr($O, 'extra')"),
    (1, "callable($A)"),
    (1, "$S.startswith('a')"),
    (1, "$S.isdigit()"),
    (3, "$O"),
    (2, "$O == $O"),
    (1, "$O != $i"),
    (2, "$O < $O"),
    (2, "$L"),
    (2, "$S"),
    (1, "$T"),
    (1, "$D"),
    (1, "$E"),
    (1, "$F"),
    (3, "$A"),
    (1, "any([$1 == $k for $1 in $L])"),
    (1, "all($1 < $i for $1 in $T)"),
    (1, "type($A) is int"),
    (1, "$A == $a"),
    (1, "$L == $l"),
    (1, "$T < $T"),
];

const LIST_LEAVES: &[Weighted] = &[(20, "$L"), (3, "g$ul[:6]"), (4, "[1, 2, 3]"), (1, "[]")];

const LIST: &[Weighted] = &[
    (8, "[$j, $j, $j]"),
    (4, "$L[$k:]"),
    (4, "$L[:$k]"),
    (2, "$L[1:$i & 7]"),
    (1, "$L[::-1]"),
    (1, "($l + [$j])"),
    (2, "[*$T, $j]"),
    (2, "[*$L[:3], *$T]"),
    (2, "[$1 + $k for $1 in $L]"),
    (2, "[$j for $1 in $T]"),
    (1, "[$1 for $1 in $L if $1 % $m]"),
    (1, "[$1 * $2 for $1 in $T for $2 in (1, 2)]"),
    (2, "list(range($k))"),
    (1, "list($T)"),
    (1, "list($O)"),
    (1, "list(g$ugen($k))"),
    (1, "sorted($L)"),
    (1, "sorted($L, key=lambda $1: -$1)"),
    (1, "sorted($L, reverse=True)"),
    (1, "list(map(abs, $L))"),
    (1, "list(reversed($L))"),
    (1, "list($D)[:5]"),
    (1, "list($D.values())[:5]"),
    (1, "([$j] * 3)"),
    (1, "$L.copy()"),
];

const TUPLE: &[Weighted] = &[
    (12, "$T"),
    (8, "($j, $j, $j)"),
    (2, "(1, 2, 3)"),
    (1, "tuple($L[:3])"),
    (1, "tuple([$j, $k, $k])"),
    (1, "(*$L[:2], $j)"),
    (1, "($t if $b else $t)"),
    (1, "($j, *$T)[:3]"),
];

const DICT: &[Weighted] = &[
    (12, "$D"),
    (4, "{$k: $j, $k: $j}"),
    (2, "{$1: $k for $1 in $T}"),
    (1, "dict($D)"),
    (1, "dict(zip($L, $T))"),
    (1, "{**$D, $k: $j}"),
    (1, "{**{1: 2}, **$D}"),
    (1, "($D | {$k: $k})"),
];

const SET: &[Weighted] = &[
    (12, "$E"),
    (3, "{$j, $k}"),
    (2, "{$1 & 7 for $1 in $L}"),
    (1, "set($T)"),
    (1, "($E | {$k})"),
    (1, "($E - {$k})"),
    (1, "{*$T, $k}"),
    (1, "frozenset($T)"),
];

const OBJECT: &[Weighted] = &[
    (20, "$O"),
    (6, "$C($i & 255)"),
    (2, "$C($k, $i & 255)"),
    (1, "$C(i1=$k)"),
    (2, "g$uo"),
    (1, "$O.itself"),
    (1, "($O if $b else $C($k))"),
    (1, "(g$uo, $O)[$c & 1]"),
];

const ANY: &[Weighted] = &[
    (10, "$A"),
    (6, "($k, $F, $S, None, True, $T)[$c % 6]"),
    (4, "(None, $k)[$b > 0]"),
    (3, "(1, 2.5, 'x')[$c % 3]"),
    (2, "($O, $k, None)[$i % 3]"),
    (2, "$i"),
    (2, "$f"),
    (2, "$s"),
    (2, "$b"),
    (1, "$T"),
    (2, "None"),
    (1, "$O"),
    (2, "$D.get($i)"),
    (1, "($A if $b else $i)"),
];

impl Generator {
    /// An expression of this type.
    pub(super) fn expression(&mut self, of: Type) -> String {
        let is_deep = self.expression_depth >= DEPTH || self.one_in(3);
        let table = match (of, is_deep) {
            (Type::Int, true) => INT_LEAVES,
            (Type::Int, false) => INT,
            (Type::Float, true) => FLOAT_LEAVES,
            (Type::Float, false) => FLOAT,
            (Type::Str, true) => STR_LEAVES,
            (Type::Str, false) => STR,
            (Type::Bool, true) => BOOL_LEAVES,
            (Type::Bool, false) => BOOL,
            (Type::List, true) => LIST_LEAVES,
            (Type::List, false) => LIST,
            (Type::Tuple, true) => &TUPLE[..3],
            (Type::Tuple, false) => TUPLE,
            (Type::Dict, true) => &DICT[..1],
            (Type::Dict, false) => DICT,
            (Type::Set, true) => &SET[..1],
            (Type::Set, false) => SET,
            (Type::Object, true) => &OBJECT[..1],
            (Type::Object, false) => OBJECT,
            (Type::Any, true) => &ANY[..4],
            (Type::Any, false) => ANY,
        };
        if of == Type::Object {
            if self.scope().has_self && self.one_in(3) {
                return "self".to_string();
            }
            if self.in_class {
                return self.variable(Type::Object);
            }
        }
        let template = self.allowed(table);
        self.expression_depth += 1;
        let text = self.inline(template);
        self.expression_depth -= 1;
        text
    }

    /// An int that may be kept and computed with again.
    pub(super) fn kept_int(&mut self) -> String {
        let template = self.weighted(KEPT);
        self.inline(template)
    }

    /// A call of one of the unit's functions that is not too costly here; otherwise an int.
    pub(super) fn call(&mut self) -> String {
        let room = STATEMENTS_LEFT.saturating_sub(self.spent) / self.repeats.max(1);
        let known: Vec<usize> = (0..self.callees.len())
            .filter(|index| self.callees[*index].cost <= room)
            .collect();
        if known.is_empty() {
            return self.variable(Type::Int);
        }
        let index = known[self.rng.usize(0..known.len())];
        let callee = &self.callees[index];
        self.spent += callee.cost * self.repeats;
        let template = callee.calls[self.rng.usize(0..callee.calls.len())].clone();
        self.expression_depth += 1;
        let text = self.inline(&template);
        self.expression_depth -= 1;
        text
    }

    /// What a variable of this type begins with.
    pub(super) fn first_value(&mut self, of: Type) -> String {
        let values: &[&str] = match of {
            Type::Int => &[
                "0",
                "1",
                "7",
                "-3",
                "100",
                "2305843009213693950",
                "4611686018427387900",
            ],
            Type::Float => &["0.0", "1.5", "-2.25", "0.1", "1e300"],
            Type::Str => &["''", "'abc'", "'banana'", "'\u{e9}t\u{e9}'"],
            Type::Bool => &["True", "False"],
            Type::List => &["[3, 1, 2]", "[1]", "[5, 6, 7, 8, 9, 10, 11]", "[0] * 10"],
            Type::Tuple => &["(4, 5, 6)", "(1, -1, 300)"],
            Type::Dict => &["{1: 10, 2: 20, 3: 30}", "{}", "{$k: $k, $k: 5, 0: 2}"],
            Type::Set => &["{1, 2, 3}", "{$k, $k}"],
            Type::Object => &["$C($k)", "$C($k)", "$C($k, 9)", "g$uo"],
            Type::Any => &["None", "1", "2.5", "'x'", "(1, 2)"],
        };
        let value = self.pick(values);
        self.inline(value)
    }
}

/// What calls of functions may spend of a unit's statements.
const STATEMENTS_LEFT: u64 = super::STATEMENTS / 2;
