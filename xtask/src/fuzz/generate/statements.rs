//! Statements and loops, as tables of templates.

use super::{Generator, STATEMENTS, Weighted};

/// How deep blocks nest in a function.
const DEPTH: u32 = 5;

const SIMPLE: &[Weighted] = &[
    (20, "$I = $i & 65535"),
    (6, "$I = $i & 2305843009213693951"),
    (6, "$I = $i & 9223372036854775807"),
    (4, "$I = $i & 36893488147419103231"),
    (8, "$I = $i % 1000003"),
    (5, "$I = $k"),
    (2, "$I = $K"),
    (2, "$F = 1.5"),
    (2, "$S = 'abc'"),
    (2, "$T = (1, 2, 3)"),
    (2, "$A = None"),
    (2, "$B = True"),
    (2, "$I = $2 = $k\nif $2 < $k:\n    $I += $2"),
    (2, "$2, $3 = $k, $m\n$I = $2 * $3 - $2 + len((1, $2)) & 255"),
    (1, "$2 = 'ab'\n$B = $2 == 'a' + 'b' and $2 + $2 != $S"),
    (1, "$2 = (1, $k, 'x')\n$I = $2[1] + $2[0]\n$S = $2[2]"),
    (1, "$2 = 1.5\n$F = $2 * 2.0 + $2 - $F"),
    (
        1,
        "if isinstance(${1:A}, int):\n    $I = $1 + 1 & 65535\nelif type($1) is str:\n    $S = $1 + 'z'",
    ),
    (10, "$I += $k"),
    (4, "$I -= $k"),
    (3, "$I ^= $i & 255"),
    (3, "$I += $c"),
    (4, "${1:I} = $1 * 3 + $k & 4611686018427387903"),
    (4, "${1:I} = ($1 * 1103515245 + 12345) & 2147483647"),
    (
        2,
        "${1:I} += $1 & 4095\nif $1 > 4611686018427387903 or $1 < -4611686018427387903:\n    $1 = $k",
    ),
    (2, "${1:I} *= 2\nif $1 > $K:\n    $1 = 1"),
    (
        2,
        "${1:I} -= 1152921504606846976\nif $1 < -20000000000000000000:\n    $1 = $k",
    ),
    (10, "$F = $f"),
    (4, "${1:F} = $1 * 0.5 + $f"),
    (3, "$F += $f"),
    (2, "$F -= $i & 255"),
    (6, "$S = $s[:20]"),
    (8, "${1:S} += $s\nif $1[40:]:\n    $1 = $1[-3:]"),
    (3, "${1:S} = $1 + 'q'\nif $1[30:]:\n    $1 = ''"),
    (6, "$B = $b"),
    (5, "$A = $a"),
    (4, "$L = $l[:12]"),
    (7, "${1:L}.append($j)\nif $1[30:]:\n    $1.clear()"),
    (3, "${1:L}.append($a)\n$1.pop()"),
    (3, "if ${1:L}:\n    show($1.pop())"),
    (3, "if ${1:L}:\n    $1[$c % len($1)] = $j"),
    (2, "$L[0] = $j"),
    (1, "$L[-1] += $k"),
    (1, "${1:L}[$k:$k] = $T\ndel $1[20:]"),
    (1, "$L[1:3] = [$j]"),
    (1, "del $L[:1]"),
    (1, "del $L[$k]"),
    (1, "${1:L}.insert(0, $j)\ndel $1[20:]"),
    (1, "$L.reverse()"),
    (1, "$L.sort()"),
    (1, "${1:L}.extend($T)\ndel $1[20:]"),
    (3, "$T = $t"),
    (5, "$D[$k] = $j"),
    (2, "$D[$c % 13] = $j"),
    (2, "$D['x'] = $j"),
    (2, "${1:D}[$k] = $1.get($k, 0) + 1"),
    (1, "$D.pop($k, None)"),
    (1, "${1:D} = $d\nif $c % 16 == 15:\n    $1.clear()"),
    (1, "$D.setdefault($k, $j)"),
    (1, "$D.update({$k: $j})"),
    (1, "del $D[$k]"),
    (3, "$E.add($i % 17)"),
    (1, "$E.discard($k)"),
    (1, "$E = set($e)"),
    (3, "$I, $I = $I, $I"),
    (3, "$I, $I, $I = $T"),
    (2, "$I, $I = $k, $I"),
    (2, "$I, $2 = [$i & 255, $k]"),
    (1, "$I, *$2 = $l"),
    (1, "*$1, $2 = $T"),
    (1, "($I, $2), $3 = ($k, $i), $k"),
    (1, "$2 = $3 = $k\n$I = $2 + $3"),
    (2, "$I = $2 = $k"),
    (4, "$O.i1 = $i & 65535"),
    (2, "$O.i1 += 1"),
    (2, "$O.f1 = $f"),
    (1, "$O.s1 = $S[:9]"),
    (1, "$O.extra = $i & 255"),
    (1, "$C.counted += 1"),
    (2, "$O = $o"),
    (1, "$O[$k] = $i"),
    (1, "$O.prop = $k"),
    (3, "$G = $i & 65535"),
    (2, "$G += 1"),
    (1, "g$ud['x'] = $i & 255"),
    (1, "g$ul[$k] = $k"),
    (1, "M$u.value = $i & 255"),
    (4, "if $c % $m == $k:\n    show($a, $i, $c)"),
    (2, "if $b:\n    show('b', $F, $S)"),
    (2, "show($L, $T)"),
    (1, "show($O, $D)"),
    (1, "show(sorted($D, key=str))"),
    (1, "assert $b, ('assert', $i)"),
    (1, "pass"),
    (1, "$2 = $O.method\n$I = ($2($i) + $2($k)) & 65535"),
    (1, "$2 = ${1:L}.append\n$2($j)\ndel $1[25:]"),
    (1, "$2 = [$k, $F, $S][$c % 3]\nshow($2 + $2)"),
    (1, "$2 = (lambda $3: $3 * $k + $I)\n$I = $2($i) & 65535"),
    (2, "$2 = $O.wide\n$I = $2($i, other=$k) & 65535"),
    (
        2,
        "$2 = $O.method\nfor $3 in range(3):\n    $I = $2(i3=$3) & 255",
    ),
    (2, "$2 = None\nif $2:\n    $I += 1"),
    (2, "$2 = Plain()\nif $2:\n    $I += 1\n$2.x = $k\ndel $2.x"),
    (
        2,
        "$2 = Items()\n$I += $2.first($k)\n$2.append($j)\n$I += $2.first($k) & 255",
    ),
    (
        1,
        "$2 = KeyError($k)\n$2.add_note('note')\nshow($2.__notes__)",
    ),
    (1, "if not $A:\n    $A = $k"),
    (1, "global h$u\nh$u = $k\nshow(h$u)\ndel h$u"),
    (1, "$2 = $k\n$3 = lambda: $2\n$I = $3()\ndel $2"),
    (
        1,
        "$2 = iter($L)\nfor $3 in $2:\n    for $4 in $2:\n        $I += $4\n        break",
    ),
    (1, "for $2 in ${1:L}:\n    $1.pop()"),
    (
        1,
        "$L = [$2.__class__.__name__ for $2 in ($I, $F, $A)]\n$L = [1, 2, 3]",
    ),
    (1, "$I += $O.descriptor is None"),
    (1, "$2 = $O\n$2 += $k\n$I += isinstance($2, int)"),
    (1, "$S = ''.join([$2 for $2 in $S if $2 != 'a'])"),
    (
        1,
        "$2 = [0, 0]\n$2[$k & 1], $3 = $i & 255, $k\n$L[0] = $2[0]",
    ),
    (2, "$2 = t'{$S}:{$k:>3}'\nshow($2.strings, $2.values)"),
    (1, "import math\n$F = math.sqrt($k)"),
    (1, "from binascii import crc32 as $2\n$I = $2(b'$k')"),
    (1, "globals()['h$u'] = $k\nshow(h$u)"),
    (2, "$I = M$u.value\nM$u.other = $I"),
    (2, "$T = tuple($L[:3])"),
    (2, "$2 = str($i)\n$3 = tuple($2)\nshow($3)"),
    (2, "$2, ($3, *$4), *$5 = [1, $T, $k, $k]\n$I = $3"),
    (1, "$L[:1], $L[-1:] = [$k], ($i & 255,)"),
    (1, "$2 = slice($k, $k + 3)\nshow($L[$2])"),
    (1, "print(end='')"),
    (1, "$I = int('$k') if $b else $k"),
    (1, "assert isinstance($I, (int, float))"),
    (1, "$2 = ${1:S}\nif $2 is $1:\n    $I += 1"),
    (1, "$1: int = $k"),
];

const COMPOUND: &[Weighted] = &[
    (16, "if $b:\n    ${block}"),
    (10, "if $b:\n    ${block}\nelse:\n    ${block}"),
    (
        4,
        "if $c % $m == $k:\n    ${block}\nelif $b:\n    ${block}\nelse:\n    ${block}",
    ),
    (3, "if $A is None:\n    ${block}"),
    (2, "if $D.get($i) is not None:\n    ${block}"),
    (
        6,
        "${1:I} = ($1 * 1103515245 + 12345) & 2147483647\nif $1 & 256:\n    ${block}\nelse:\n    ${block}",
    ),
    (
        4,
        "try:\n    ${block}\nexcept (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as $1:\n    show(where($1))",
    ),
    (
        3,
        "try:\n    if $c % $m == $k:\n        raise ValueError($i)\n    ${block}\nexcept ValueError as $1:\n    show($1, where($1))",
    ),
    (
        2,
        "try:\n    ${block}\nexcept ZeroDivisionError:\n    ${block}\nelse:\n    ${block}",
    ),
    (
        2,
        "try:\n    $I = $i // ($c % $m)\nexcept ZeroDivisionError as $1:\n    show(where($1))",
    ),
    (2, "try:\n    ${block}\nfinally:\n    $I += 1"),
    (
        1,
        "try:\n    try:\n        $I = $L[$i]\n    finally:\n        $I = $k\nexcept (IndexError, TypeError) as $1:\n    show(where($1), type($1.__context__))",
    ),
    (
        1,
        "try:\n    try:\n        $1 = {}[$k]\n    except KeyError as $2:\n        raise LookupError('other') from $2\nexcept LookupError as $3:\n    show(where($3), $3.__cause__)",
    ),
    (
        1,
        "try:\n    if $c % $m == 1:\n        raise ExceptionGroup('group', [ValueError($k), KeyError($k)])\nexcept* ValueError as $1:\n    show($1.exceptions)\nexcept* KeyError:\n    $I += 1",
    ),
    (
        1,
        "try:\n    del ${1:I}\n    if $b:\n        $1 = $k\n    show($1)\nexcept UnboundLocalError as $2:\n    show(where($2))\n    $1 = $k",
    ),
    (
        2,
        "try:\n    raise KeyError($k) if $b else IndexError($k)\nexcept LookupError as $1:\n    for $2 in range(3):\n        $I += $2\n    show($1)",
    ),
    (
        1,
        "try:\n    $I = $T[$i & 3]\nexcept tuple([$1 for $1 in (IndexError, KeyError)]):\n    $I = $k",
    ),
    (
        1,
        "for $1 in range(4):\n    try:\n        if $1 & 1:\n            raise ValueError($1)\n        $I += 1\n    except ValueError:\n        $I += 2\n        continue\n    finally:\n        $I += 4",
    ),
    (2, "with $O as $1:\n    ${block}"),
    (
        1,
        "with $O:\n    if $c % $m == $k:\n        raise KeyError($k)\n    ${block}",
    ),
    (
        3,
        "match $a:\n    case int() if $b:\n        ${block}\n    case float():\n        $I += 1\n    case str() as $1:\n        $S = $1[:9]\n    case (int(), $2):\n        show($2)\n    case None:\n        $I += 2\n    case _:\n        ${block}",
    ),
    (
        1,
        "match $T:\n    case [$1, $2, $3]:\n        $I = $1 + $3 & 255\n    case [$1, *$2]:\n        show($2)\n    case _:\n        pass",
    ),
    (
        1,
        "match $D:\n    case {1: $1, **$2}:\n        show($1, len($2))\n    case {2: int($1) | float($1)}:\n        $I += 1\n    case _:\n        pass",
    ),
    (
        1,
        "match $O:\n    case $C(i1=0 | 1):\n        ${block}\n    case $C(i1=$1):\n        show($1)",
    ),
    (
        1,
        "match $i % 4:\n    case 0:\n        ${block}\n    case 1 | 2:\n        ${block}\n    case $1:\n        show($1)",
    ),
    (8, "if ${rare}:\n    ${change}"),
    (
        1,
        "def $1(i1, i2=$k):\n    ${block}\n    return $i\n$I = $1($i, i2=$k) & 65535 if $b else $1($k)",
    ),
    (
        1,
        "def $1(i1):\n    $I = $i & 255\n    return $I\nshow($1($i) if $b else $1($k))",
    ),
    (1, "exec('$1 = $k + 1', globals(), {})"),
    (1, "show(eval('$1 * 2', {'$1': $i & 255}))"),
    (
        1,
        "$1 = sys._getframe().f_locals\nshow(len($1) > 0, sorted($1)[:2])",
    ),
    (
        1,
        "class $1:\n    value = $k\n    def get(self):\n        return self.value\n$I += $1().get()",
    ),
];

/// Statements that leave the body of a loop.
const LEAVING: &[Weighted] = &[
    (6, "if $c % $m == $k:\n    continue"),
    (3, "if $b:\n    continue"),
    (2, "if $c > $r and $c % $m == 2:\n    break"),
    (1, "if $b and $c > $r:\n    break"),
];

/// Loops; the counter is the one that `body` names, and only they change it.
const LOOPS: &[Weighted] = &[
    (20, "for $1 in range($n):\n    ${body 1}"),
    (3, "for $1 in range($k, $k + $n):\n    ${body 1}"),
    (2, "for $1 in range($n, 0, -1):\n    ${body 1}"),
    (8, "$1 = 0\nwhile $1 < $n:\n    $1 += 1\n    ${body 1}"),
    (
        2,
        "$1 = 0\nwhile True:\n    $1 += 1\n    if $1 > $n:\n        break\n    ${body 1}",
    ),
    (
        1,
        "$1 = $n\nwhile $1:\n    $1 -= 1\n    ${body 1}\nelse:\n    show('else')",
    ),
    (
        3,
        "$1 = -1\nfor $2 in [$i, $F, $S, None, $k] * ($n // 5 + 1):\n    $1 += 1\n    $A = $2\n    ${body 1}",
    ),
    (
        3,
        "$1 = -1\nfor $I in [$i, $k, $i] * ($n // 3 + 1):\n    $1 += 1\n    ${body 1}",
    ),
    (
        2,
        "$1 = -1\nfor $I in ($i, $k) * ($n // 2):\n    $1 += 1\n    ${body 1}",
    ),
    (
        1,
        "$1 = -1\nfor $S in 'abcdefgh' * ($n // 8 + 1):\n    $1 += 1\n    ${body 1}",
    ),
    (
        2,
        "$1 = -1\nfor $I in {$2: $2 * 3 for $2 in range($n)}:\n    $1 += 1\n    ${body 1}",
    ),
    (
        1,
        "for $1, $2 in {$3: $3 + $k for $3 in range($n)}.items():\n    $I = $2\n    ${body 1}",
    ),
    (
        3,
        "for $1, $2 in enumerate([$i, $k, $k] * ($n // 3)):\n    $I = $2 & 65535\n    ${body 1}",
    ),
    (
        3,
        "for $1, $2 in zip(range($n), [$k, $i] * $n):\n    $I = $2 & 65535\n    ${body 1}",
    ),
    (5, "for $1 in g$ugen($n):\n    ${body 1}"),
    (
        1,
        "for $1 in range(4611686018427387880, 4611686018427387880 + $n):\n    ${body 1}",
    ),
    (
        1,
        "for $1 in range(9223372036854775780, 9223372036854775780 + $n):\n    ${body 1}",
    ),
    (1, "for $1 in range(-$n, $n * 3, 4):\n    ${body 1}"),
    (2, "for $1 in ($2 + 1 for $2 in range($n)):\n    ${body 1}"),
    (
        1,
        "for $1 in iter(lambda: $k, $K) if False else range($n):\n    ${body 1}",
    ),
    (1, "for $1 in map(int, range($n)):\n    ${body 1}"),
    (
        1,
        "$1 = -1\nfor $2 in $O:\n    $1 += 1\n    $I = $2\n    ${body 1}",
    ),
    (
        1,
        "$1 = -1\nfor $2 in $L:\n    $1 += 1\n    if $1 < 5:\n        $L.append($k)\n    ${body 1}\n    if $1 > $n:\n        break",
    ),
    (
        3,
        "for $1 in range($n):\n    ${body 1}\nelse:\n    ${block}",
    ),
    (
        1,
        "for $1 in range($n):\n    for $2, $3 in zip($T, $L):\n        $I += $2 * $3 & 255\n    ${body 1}",
    ),
    (1, "for $1 in reversed(range($n)):\n    ${body 1}"),
    (
        1,
        "for g$ub in range($n):\n    pass\n$1 = 0\nwhile $1 < $n:\n    $1 += 1\n    ${body 1}",
    ),
];

impl Generator {
    /// Some statements.
    pub(super) fn block(&mut self) -> Vec<String> {
        let count = match self.statement_depth {
            0 | 1 => self.rng.usize(2..6),
            _ => self.rng.usize(1..4),
        };
        self.statement_depth += 1;
        let mut lines = Vec::new();
        for _ in 0..count {
            lines.extend(self.statement());
        }
        self.statement_depth -= 1;
        lines
    }

    fn statement(&mut self) -> Vec<String> {
        self.spent += self.repeats;
        if self.statement_depth < DEPTH && self.rng.u32(0..10) < 3 {
            if self.one_in(5) && self.repeats > 1 {
                return self.inner_loop();
            }
            let template = self.allowed(COMPOUND);
            return self.lines(template);
        }
        if self.scope().in_loop && self.statement_depth > 1 && self.one_in(15) {
            let template = self.weighted(LEAVING);
            return self.lines(template);
        }
        let template = self.allowed(SIMPLE);
        self.lines(template)
    }

    /// A loop that goes round a few times.
    fn inner_loop(&mut self) -> Vec<String> {
        let trips = self.rng.u64(2..8);
        if self.spent + self.repeats * trips * 6 > STATEMENTS {
            return self.lines("$I += $c");
        }
        let template = self.weighted(LOOPS);
        self.loop_lines(template, trips)
    }

    /// One or two loops that get hot.
    pub(super) fn hot_loops(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for _ in 0..self.rng.u32(1..3) {
            let trips = self.rng.u64(50..120);
            let template = self.weighted(LOOPS);
            lines.extend(self.loop_lines(template, trips));
            lines.extend(self.lines("show(${all})"));
        }
        lines
    }

    /// The statements of a loop's body.
    pub(super) fn loop_body(&mut self, counter: &str, trips: u64) -> Vec<String> {
        let is_outermost = self.scope().counters.is_empty();
        self.scope().counters.push(counter.to_string());
        let was_in_loop = std::mem::replace(&mut self.scope().in_loop, true);
        self.repeats *= trips;
        let mut lines = if is_outermost && self.rng.u32(0..10) < 8 {
            // What goes wrong in one round does not end the others.
            self.lines("try:\n    ${block}\nexcept Exception as $1:\n    show(where($1))")
        } else {
            self.block()
        };
        if is_outermost && self.one_in(2) {
            lines.extend(self.lines("if ${rare}:\n    ${change}"));
        }
        self.repeats /= trips;
        self.scope().in_loop = was_in_loop;
        self.scope().counters.pop();
        lines
    }
}
