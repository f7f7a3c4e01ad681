//! Functions, and the kinds of units: what is defined, and what runs hot.

use super::scope::Scope;
use super::{Callee, Generator, Weighted};

/// Functions that return an int: the ways to call one, then its definition.
const FUNCTIONS: &[(u32, &[&str], &str)] = &[
    (
        6,
        &["$0($i, $i)", "$0(i2=$i, i1=$k)", "$0(*($i, $i))"],
        "def $0(i1, i2):\n    ${block}\n    return $i & 65535",
    ),
    (3, &["$0($i, $i)"], "def $0(i1, i2):\n    return i1 + i2"),
    (3, &["$0($i)"], "def $0(i1):\n    return i1 * $k - 1"),
    (
        3,
        &["$0($i)", "$0($i, $i)", "$0($i, i2=$k)"],
        "def $0(i1, i2=$k):\n    if $b:\n        return $i & 255\n    ${block}\n    return $i & 65535",
    ),
    (
        3,
        &[
            "$0($i)",
            "$0($i, i3=$k)",
            "$0($i, i2=$i, i3=$i)",
            "$0($i, **{'i3': $k})",
        ],
        "def $0(i1, i2=$k, *, i3=$k):\n    ${block}\n    return i1 + i2 * i3 & 65535",
    ),
    (
        2,
        &["$0($i)", "$0($i, $i, $i)", "$0(*$T)", "$0($i, x=$k)"],
        "def $0(i1, *t1, **d1):\n    ${block}\n    return i1 + len(t1) + len(d1) & 65535",
    ),
    (
        2,
        &["$0($k, 3)", "$0($i, $c % 4)"],
        "def $0(i1, level):\n    if level <= 0:\n        return i1\n    ${block}\n    return $0(i1, level - 1) + 1 & 65535",
    ),
    (
        2,
        &["$0($i)"],
        "def $0(i1):\n    def $1(i2):\n        nonlocal i1\n        i1 += i2 & 7\n        return i1 & 65535\n    return $1($k) + $1(1)",
    ),
    (
        3,
        &["$0($i, $i, $k, $k, $i, $k)"],
        "def $0(i1, i2, i3, i4, i5, i6):\n    return i1 - i2 + i3 * i4 + i5 - i6 & 65535",
    ),
    (
        1,
        &["$0($i)"],
        "def $0(i1):\n    $1 = sys._getframe(1)\n    return i1 + $1.f_lineno + $1.f_lasti + len($1.f_locals) & 65535",
    ),
    (
        1,
        &["$0($i)"],
        "def $0(i1):\n    if i1 % 37 == $k:\n        $1 = sys._getframe(1).f_locals\n        for $2 in ('i1', 'f1', 'l1'):\n            if $2 in $1:\n                $1[$2] = $k\n    return i1 & 255",
    ),
    (
        2,
        &["$0($i)"],
        "$0_made = [(lambda i1, i2=$1: i1 + i2) for $1 in range(3)]\ndef $0(i1):\n    return $0_made[i1 % 3](i1)",
    ),
    (
        2,
        &["$0($a)"],
        "def $0(a1):\n    match a1:\n        case int():\n            return 1\n        case None:\n            return $k\n        case float() | str():\n            return 3\n    return len(repr(a1)) & 15",
    ),
    (
        1,
        &["$0($i)"],
        "def $0(i1):\n    try:\n        if i1 % $m == $k:\n            raise KeyError(i1)\n        return i1 & 255\n    except KeyError:\n        return $k\n    finally:\n        show('finally')",
    ),
    (
        1,
        &["$0($i)"],
        "def $0(i1):\n    with g$uo as $1:\n        return i1 & 255\n    return -1",
    ),
    (
        2,
        &["$0($i)"],
        "def $0(i1):\n    for $1 in range(4):\n        i1 += $1\n        if i1 % $m == 1:\n            break\n    return i1 & 65535",
    ),
    (
        1,
        &["$0($i)"],
        "def $0(i1):\n    return sum(g$ugen(i1 & 3))",
    ),
    (
        1,
        &["$0($i, $s)"],
        "def $0(i1, s1):\n    return len(s1 + 'x' * (i1 & 3))",
    ),
    (
        1,
        &["$0($f)"],
        "def $0(f1):\n    return 1 if f1 * 2.0 > f1 else 0",
    ),
    (
        1,
        &["$0($o, $i)"],
        "def $0(o1, i1):\n    o1.i1 = i1 & 255\n    return o1.method($k)",
    ),
    (
        1,
        &["$0($l)"],
        "def $0(l1):\n    i1 = 0\n    for $1 in l1:\n        i1 += $1 & 255\n    return i1",
    ),
    (1, &["$0($i)"], "$0 = g$uo.method"),
    (
        1,
        &["$0($i)"],
        "$0 = type('Callable', (), {'__call__': lambda self, i1: i1 ^ $k})()",
    ),
    (
        1,
        &["$0($i, $i)"],
        "def $0(i1, i2):\n    global g$ua\n    g$ua = i1 & 255\n    ${block}\n    return i2 & 255",
    ),
];

/// Generators: `gen` of the unit, which counts, in some way.
const COUNTING: &[Weighted] = &[
    (
        4,
        "def g$ugen(i1):\n    for $1 in range(i1):\n        yield $1",
    ),
    (
        2,
        "def g$ugen(i1):\n    $1 = 0\n    while $1 < i1:\n        yield $1\n        $1 += 1",
    ),
    (2, "def g$ugen(i1):\n    yield from range(i1)"),
    (
        1,
        "def g$ugen(i1):\n    for $1 in range(i1):\n        try:\n            yield $1\n        finally:\n            g$ul[0] = $1",
    ),
    (
        2,
        "def g$ugen(i1):\n    for $1 in range(i1):\n        ${block}\n        yield $1",
    ),
    (
        1,
        "def g$ugen(i1):\n    def $2(i2):\n        for $1 in range(i2):\n            yield $1\n    yield from $2(i1)",
    ),
    (
        1,
        "def g$ugen(i1):\n    return ($1 for $1 in range(i1) if True)",
    ),
];

/// What every unit begins with.
const DEFINITIONS: &str = "
g$ua, g$ub, g$uf, g$us = $k, $K, 1.5, 'glob'
g$ul, g$ud = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], {'x': $k, 'y': 2}
M$u = types.ModuleType('M$u')
M$u.value, M$u.function = $k, abs
traced = Traced()
${classes}
g$uo = C$u_0($k)
${functions}";

/// The kinds of units.
const UNITS: &[Weighted] = &[
    (
        60,
        "def main$u(i1, i2=$k):\n    ${loops}\n    return ${all}\nrun(main$u, $k)",
    ),
    (
        10,
        "def main$u(i1, *args, **d1):\n    ${block}\n    ${loops}\n    ${block}\n    return ${all}\nrun(main$u, $k, $k, name=$k)",
    ),
    // A hot function, called from a loop in which not much else is done.
    (
        10,
        "def hot$u(i1, i2, s1, o1):\n    ${block}\n    if i1 == $r:\n        ${change}\n    ${block}\n    return ${all}\ndef main$u():\n    for $1 in range(90):\n        try:\n            show(hot$u($1, $1 * 3, 'abc', g$uo))\n        except Exception as $2:\n            show(where($2))\nrun(main$u)",
    ),
    // A hot loop in a function that is called often.
    (
        8,
        "def hot$u(i1, i2, l1):\n    for $1 in range(i1 % 7):\n        ${body 1 200}\n    return $i\ndef main$u():\n    for $1 in range(60):\n        try:\n            show(hot$u($1, $1 * 3, [$1, 2, 3]))\n        except Exception as $2:\n            show(where($2))\nrun(main$u)",
    ),
    // Generators that stay suspended, and are resumed from several places.
    (
        4,
        "def make$u(i1):\n    i2 = 0\n    for $1 in range(80):\n        try:\n            $2 = yield i2\n            if $2 is not None:\n                i2 += $2\n            ${block}\n        except ValueError as $3:\n            show('thrown', where($3))\n            i2 = $k\n    return i2\ndef main$u():\n    $4 = [make$u($5) for $5 in range(3)]\n    for $6 in $4:\n        next($6)\n    for $5 in range(60):\n        $6 = $4[$5 % 3]\n        try:\n            if $5 % 7 == 3:\n                show($6.throw(ValueError($5)))\n            elif $5 % 3:\n                show($6.send($5))\n            else:\n                show(next($6))\n        except Exception as $7:\n            show(where($7))\n            $4[$5 % 3] = make$u($5)\n            next($4[$5 % 3])\n    $4[0].close()\nrun(main$u)",
    ),
    (
        3,
        "def inner$u(i1):\n    $1 = 0\n    while $1 < 5:\n        $2 = yield $1 + i1\n        $1 += 1 if $2 is None else $2\n    return $1\ndef outer$u():\n    for $3 in range(20):\n        $4 = yield from inner$u($3)\n        show($4)\ndef main$u():\n    $5 = outer$u()\n    $6 = 0\n    show(next($5))\n    try:\n        while True:\n            $6 += 1\n            show($5.send($6 % 3 or None))\n    except StopIteration:\n        pass\n    return sum(inner$u(3)), $6\nrun(main$u)",
    ),
    (
        2,
        "def make$u(i1):\n    for $1 in range(i1):\n        $I += 1\n        yield from ($1, $I & 255)\n        ${block}\ndef main$u():\n    for $2 in make$u(40):\n        show($2)\n    return sum(make$u(5))\nrun(main$u)",
    ),
    // A class made in a loop, with a loop in its body that sees the function's variables.
    (
        2,
        "def main$u(i1):\n    i2 = 0\n    for $1 in range(6):\n        class Made:\n            total = 0\n            for index in range(30):\n                total += index + i1 & $1\n                name: int = total\n        i2 += Made.total\n        show(Made.total, i1)\n        i1 += 1\n    return i2\nrun(main$u, $k)",
    ),
    // Type parameters.
    (
        1,
        "def main$u(i1):\n    for $1 in range(60):\n        class $2[T]:\n            def get(self, x: T) -> T:\n                return x\n        def $3[T: (int, str)](x: T = $k) -> T:\n            return x\n        type $4[T] = list[T]\n        $I = $2().get($k) + $3($1)\n        $I = $3() + $I & 255\n        show($4.__name__, $I)\n    return ${all}\nrun(main$u, $k)",
    ),
    // More variables than an oparg has values.
    (
        1,
        "def main$u(i1):\n    ${many}\n    $1 = $2 = $3 = $k\n    for $4 in range(70):\n        try:\n            $1 += $4\n            $2, $3 = $3, $1 & 255\n            $5 = $1 * $2 - $3 & 65535\n            show($1, $2, $3, $5)\n            ${body 4 70}\n        except Exception as $6:\n            show(where($6))\n    return ${all}\nrun(main$u, $k)",
    ),
    // Asynchronous loops in others.
    (
        2,
        "class Count$u:\n    def __init__(self, stop):\n        self.at, self.stop = 0, stop\n    def __aiter__(self):\n        return self\n    async def __anext__(self):\n        self.at += 1\n        if self.at > self.stop:\n            raise StopAsyncIteration\n        return self.at\n    async def __aenter__(self):\n        return self.at\n    async def __aexit__(self, *details):\n        return True\nasync def times$u(i1):\n    for $1 in range(i1):\n        yield $1\nasync def twice$u(i1):\n    return i1 * 2\nasync def hot$u(i1):\n    for $1 in range(40):\n        async for $2 in Count$u(3):\n            i1 = i1 + $2 & 65535\n        async for $2 in times$u(3):\n            i1 += $2\n        i1 += await twice$u($1)\n        async with Count$u(1) as $3:\n            i1 += $3\n            if $1 % 7 == $k:\n                raise ValueError($1)\n        ${block}\n        show(i1)\n    return [$4 async for $4 in Count$u(3)], i1\ndef main$u():\n    $5 = hot$u($k)\n    try:\n        $5.send(None)\n    except StopIteration as $6:\n        return $6.value\nrun(main$u)",
    ),
    // Coroutines, driven by hand.
    (
        3,
        "class Wait$u:\n    def __init__(self, value):\n        self.value = value\n    def __await__(self):\n        $1 = yield self.value\n        return $1 or 1\nclass Count$u:\n    def __init__(self, stop):\n        self.at, self.stop = 0, stop\n    def __aiter__(self):\n        return self\n    async def __anext__(self):\n        self.at += 1\n        if self.at > self.stop:\n            raise StopAsyncIteration\n        await Wait$u(self.at)\n        return self.at\nasync def hot$u(i1):\n    async for $2 in Count$u(20):\n        i1 += $2\n        $3 = await Wait$u(i1)\n        i1 = i1 + $3 & 65535\n        ${block}\n    return [$4 async for $4 in Count$u(3)], i1\ndef main$u():\n    $5 = hot$u($k)\n    $6 = None\n    try:\n        for $7 in range(200):\n            $6 = $5.send($6)\n            if $7 % 9 == 0:\n                show($7, $6)\n                $6 = None\n    except StopIteration as $8:\n        show($8.value)\n    $5.close()\nrun(main$u)",
    ),
    // Two threads in one function.
    (
        2,
        "def hot$u(i1, l1):\n    i2 = 0\n    for $1 in range(300):\n        i2 = i2 + i1 * $1 & 65535\n        if $1 % $m == $k:\n            i2 ^= g$uo.i1\n    l1.append(i2)\ndef main$u():\n    old = sys.getswitchinterval()\n    sys.setswitchinterval(0.00002)\n    lists = [[], []]\n    for $2 in range(4):\n        threads = [threading.Thread(target=hot$u, args=($2 + $3, lists[$3])) for $3 in range(2)]\n        for $4 in threads:\n            $4.start()\n        hot$u($2, [])\n        for $4 in threads:\n            $4.join()\n        if $2 == 2:\n            g$uo.i1 = 2.0.__int__()\n    sys.setswitchinterval(old)\n    return lists\nrun(main$u)",
    ),
    // Recursion that comes to its limit. When garbage is collected is a tier's own affair, and a finalizer needs room.
    (
        2,
        "def deep$u(level):\n    ${block}\n    return deep$u(level + 1)\ndef main$u():\n    old = sys.getrecursionlimit()\n    gc.disable()\n    sys.setrecursionlimit(60)\n    for $1 in range(12):\n        try:\n            deep$u($1)\n        except RecursionError as $2:\n            show(len(where($2)), $1)\n        except Exception as $2:\n            show(where($2))\n    sys.setrecursionlimit(old)\n    gc.enable()\nrun(main$u)",
    ),
    // Loops through code that is made at run time, in namespaces of their own.
    (4, "${text}"),
    (2, "${text_of_class}"),
    // A closure's variables change between its calls.
    (
        4,
        "def make$u(i1):\n    i2 = $k\n    l1 = []\n    def add(i3):\n        nonlocal i2\n        i2 = i2 + i3 & 65535\n        ${block}\n        return i2\n    def read():\n        return i2, l1\n    return add, read\ndef main$u():\n    $1, $2 = make$u($k)\n    for $3 in range(90):\n        try:\n            show($1($3))\n            if $3 == $r:\n                $1, $4 = make$u(0.5)\n            if $3 % 30 == 7:\n                $5, $6 = $2()\n                $6.append($5)\n        except Exception as $7:\n            show(where($7))\n    return $2()\nrun(main$u)",
    ),
    // Objects are made in a loop and die there.
    (
        6,
        "def main$u(i1, l1=()):\n    for $1 in range(90):\n        try:\n            $2 = $C($1, i2=$1 & 3) if $1 & 1 else $C($1)\n            $2.i1 += $1\n            l1 = [$2.method($1), $2.prop, $2($1), $2[$1]]\n            ${body 1 90}\n            show(l1, $2)\n            del $2\n        except Exception as $3:\n            show(where($3))\n    return ${all}\nrun(main$u, $k)",
    ),
];

impl Generator {
    /// The lines of one unit.
    pub(super) fn unit(&mut self) -> Vec<String> {
        let mut lines = self.lines(DEFINITIONS);
        self.spent = 0;
        let template = self.weighted(UNITS);
        match template {
            "${text}" => lines.extend(self.text_unit("")),
            "${text_of_class}" => lines.extend(self.text_unit("class Body:")),
            _ => lines.extend(self.lines(template)),
        }
        lines
    }

    /// Functions that the unit can call.
    pub(super) fn functions(&mut self) -> Vec<String> {
        let mut lines = self.counting_generator();
        for number in 0..self.rng.u32(3..6) {
            let total: u32 = FUNCTIONS.iter().map(|(weight, ..)| weight).sum();
            let mut place = self.rng.u32(0..total);
            let mut chosen = &FUNCTIONS[0];
            for entry in FUNCTIONS {
                if place < entry.0 {
                    chosen = entry;
                    break;
                }
                place -= entry.0;
            }
            let (_, calls, definition) = chosen;
            let name = format!("f{}_{number}", self.unit);
            let spent = std::mem::take(&mut self.spent);
            lines.extend(self.lines(&definition.replace("$0", &name)));
            let own = std::mem::replace(&mut self.spent, spent);
            let calls = calls.iter().map(|call| call.replace("$0", &name));
            self.callees.push(Callee {
                calls: calls.collect(),
                cost: own * 4 + 3,
            });
        }
        lines
    }

    fn counting_generator(&mut self) -> Vec<String> {
        let template = self.weighted(COUNTING);
        self.lines(template)
    }

    /// A loop whose variables are names of a namespace, below `head` if there is one.
    fn text_unit(&mut self, head: &str) -> Vec<String> {
        self.scopes.push(Scope::default());
        let mut body = self.hot_loops();
        let scope = self.scopes.pop().expect("it was pushed");
        let first = self.first_lines(scope);
        body.splice(0..0, first);
        if self.one_in(3) {
            // Functions that are made here see other builtins.
            let own = "__builtins__ = {**vars(builtins), 'len': lambda value: 3}";
            body.insert(0, own.to_string());
        }
        if !head.is_empty() {
            for line in &mut body {
                line.insert_str(0, "    ");
            }
            body.insert(0, head.to_string());
        }
        let mut lines = vec![format!("run_text('text{}', r'''", self.unit)];
        lines.extend(body);
        lines.push("''')".to_string());
        lines
    }
}
