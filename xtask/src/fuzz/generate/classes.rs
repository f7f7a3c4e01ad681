//! The classes of a unit: one interface, and each class its own way to have it.

use super::{Generator, Weighted};

/// Classes of a unit.
pub const CLASSES: u32 = 3;

const HEADS: &[Weighted] = &[
    (6, "class $0:"),
    (
        3,
        "class $0:\n    __slots__ = ('i1', 'i2', 'f1', 's1', 'bound', '__weakref__')",
    ),
    (
        1,
        "class $0:\n    __slots__ = ('i1', 'f1', '__dict__', '__weakref__')",
    ),
    (1, "class $0(types.SimpleNamespace):"),
    (1, "class $0(dict):"),
];

const CONSTRUCTORS: &[Weighted] = &[
    (
        8,
        "def __init__(self, i1=1, i2=2):\n    self.i1 = i1\n    self.i2 = i2\n    self.f1 = i1 * 0.5\n    self.s1 = 'o%s' % i2\n    self.bound = abs",
    ),
    (
        2,
        "def __init__(self, i1=1, i2=2):\n    self.s1 = 'abc'\n    self.bound = self.method\n    self.f1 = 2.5\n    if i1 & 1:\n        self.i2 = 0\n    self.i1 = i1\n    self.i2 = i2",
    ),
    (
        2,
        "def __init__(self, *args, i1=3, i2=4):\n    self.i1, self.i2 = args[0] if args else i1, i2\n    self.f1, self.s1 = -0.5, ''\n    self.bound = len if self.i1 < 0 else self.wide",
    ),
    (
        1,
        "def __new__(cls, i1=1, i2=2):\n    self = super().__new__(cls)\n    self.f1 = 1.25\n    self.s1 = 'new'\n    self.bound = int\n    return self\ndef __init__(self, i1=1, i2=2):\n    self.i1 = i1\n    self.i2 = i2",
    ),
];

/// The rest of the interface: a list for each part.
const PARTS: &[&[Weighted]] = &[
    &[
        (3, "constant = $k"),
        (1, "constant = $K"),
        (1, "constant = 'text'\nconstant = $k"),
    ],
    &[(1, "counted = 0\ndescriptor = Plain()")],
    &[
        (4, "def method(self, i3):\n    return self.i1 + i3"),
        (
            3,
            "def method(self, i3):\n    ${block}\n    return $i & 65535",
        ),
        (
            2,
            "def method(self, i3):\n    self.i1 = self.i1 + i3 & 65535\n    return self.i1",
        ),
        (
            1,
            "def method(self, i3):\n    if i3 % $m == $k:\n        raise ValueError(i3)\n    return i3 * $k & 4095",
        ),
        (
            1,
            "def method(self, i3):\n    for $1 in range(3):\n        i3 += $1\n    return i3",
        ),
    ],
    &[
        (
            3,
            "def wide(self, i3, i4=$k, *t1, other=$k, last=2):\n    return i3 + i4 + len(t1) + other - last",
        ),
        (
            1,
            "def wide(self, i3, i4=$k, *t1, other=$k, **d1):\n    ${block}\n    return $i & 65535",
        ),
        (
            2,
            "def wide(self, i3, i4=$k, other=$k):\n    return self.i1 - i3 * other",
        ),
    ],
    &[
        (
            4,
            "@property\ndef prop(self):\n    return self.i1 + $k\n@prop.setter\ndef prop(self, i3):\n    self.i1 = i3",
        ),
        (1, "prop = property(lambda self: self.i2 ^ $k)"),
        (
            1,
            "@property\ndef prop(self):\n    ${block}\n    return $i & 255",
        ),
    ],
    &[
        (2, "@staticmethod\ndef static(i3):\n    return i3 ^ $k"),
        (1, "static = staticmethod(abs)"),
    ],
    &[(
        1,
        "@classmethod\ndef of_class(cls, i3):\n    return cls.constant + i3",
    )],
    &[
        (
            3,
            "def __getitem__(self, i3):\n    return self.i1 + (i3 if i3.__class__ is int else 0)",
        ),
        (
            1,
            "def __getitem__(self, i3):\n    if i3 > 1000000:\n        raise IndexError(i3)\n    return i3 & self.i1\ndef __setitem__(self, i3, i4):\n    self.i1 = i4 & 65535",
        ),
    ],
    &[
        (
            3,
            "def __call__(self, i3=$k, i2=$k):\n    return i3 - i2 + self.i1",
        ),
        (
            1,
            "def __call__(self, *t1, **d1):\n    return len(t1) + len(d1)",
        ),
    ],
    &[
        (3, "def __add__(self, i3):\n    return self.i1 + $k"),
        (
            1,
            "def __add__(self, i3):\n    return NotImplemented\ndef __radd__(self, i3):\n    return $k",
        ),
        (
            1,
            "def __iadd__(self, i3):\n    self.i1 += 1\n    return self\ndef __add__(self, i3):\n    ${block}\n    return $i & 255",
        ),
    ],
    &[
        (
            2,
            "def __eq__(self, other):\n    return self.i1 == other\ndef __hash__(self):\n    return 7",
        ),
        (
            1,
            "def __eq__(self, other):\n    return self is other or NotImplemented\n__hash__ = object.__hash__",
        ),
        (3, "pass"),
    ],
    &[
        (2, "def __lt__(self, o1):\n    return self.f1 < 3.0"),
        (1, "def __lt__(self, o1):\n    return self.i1 > $k"),
    ],
    &[
        (2, "def __bool__(self):\n    return self.i1 % $m != 1"),
        (1, "def __bool__(self):\n    ${block}\n    return bool($b)"),
        (3, "pass"),
    ],
    &[
        (2, "def __len__(self):\n    return 5"),
        (1, "def __len__(self):\n    return self.i2 & 15"),
    ],
    &[
        (
            2,
            "def __iter__(self):\n    for $1 in range(60):\n        yield $1 + self.i1",
        ),
        (
            2,
            "def __iter__(self):\n    return iter([1, 2, self.i1] * 20)",
        ),
        (
            1,
            "def __iter__(self):\n    self.i2 = 0\n    return self\ndef __next__(self):\n    self.i2 += 1\n    if self.i2 > 60:\n        raise StopIteration\n    return self.i2",
        ),
    ],
    &[
        (1, "def __contains__(self, i3):\n    return i3 == self.i1"),
        (2, "pass"),
    ],
    &[
        (
            2,
            "def __enter__(self):\n    self.i1 += 1\n    return self.i1\ndef __exit__(self, *details):\n    return details[0] is KeyError",
        ),
        (
            1,
            "def __enter__(self):\n    return self\ndef __exit__(self, kind, value, tb):\n    show(kind, tb is None)\n    return True",
        ),
    ],
    &[(
        1,
        "def deep(self, i3):\n    return self.i1 if i3 <= 0 else self.deep(i3 - 1) + 1",
    )],
    &[
        (2, "@property\ndef itself(self):\n    return self"),
        (1, "itself = property(lambda self: g$uo)"),
    ],
    &[
        (
            2,
            "def __getattr__(self, name):\n    if name == 'extra':\n        return $k\n    raise AttributeError(name)",
        ),
        (1, "extra = $k"),
        (1, "pass"),
    ],
    &[(
        1,
        "def __repr__(self):\n    return f'{type(self).__name__}({self.i1!r})'",
    )],
    &[(1, "__match_args__ = ('i1', 'i2')"), (1, "pass")],
    &[(1, "def __del__(self):\n    $C.counted += 1"), (3, "pass")],
];

/// What a subclass has of its own.
const OVERRIDES: &[Weighted] = &[
    (
        4,
        "def method(self, i3):\n    return super().method(i3) + 1",
    ),
    (3, "def method(self, i3):\n    return i3 - self.i1"),
    (
        3,
        "def __init__(self, i1=5, i2=6):\n    super().__init__(i1, i2=i2)\n    self.later = i1",
    ),
    (2, "constant = $k"),
    (
        3,
        "@property\ndef prop(self):\n    return super().prop + super().constant",
    ),
    (
        2,
        "def method(self, i3):\n    i4 = 0\n    for $1 in range(3):\n        i4 += super().constant\n    return i4",
    ),
    (
        1,
        "def __call__(self, *args, **names):\n    return super().__call__(*args, **names)",
    ),
    (1, "def __getitem__(self, i3):\n    return -i3"),
    (
        1,
        "def wide(self, i3, i4=$k, **names):\n    return super().wide(i3, i4)",
    ),
    (
        1,
        "@classmethod\ndef of_class(cls, i3):\n    return super().of_class(i3) * 2",
    ),
    (
        1,
        "def __eq__(self, other):\n    return NotImplemented\n__hash__ = None",
    ),
];

impl Generator {
    /// The unit's classes.
    pub(super) fn classes(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        self.in_class = true;
        for number in 0..CLASSES {
            let name = format!("C{}_{number}", self.unit);
            if number == 1 || (number == 2 && self.one_in(2)) {
                let base = format!("C{}_{}", self.unit, number - 1);
                lines.push(format!("class {name}({base}):"));
                for _ in 0..self.rng.u32(1..4) {
                    let template = self.weighted(OVERRIDES);
                    self.member(template, &mut lines);
                }
                continue;
            }
            let head = self.weighted(HEADS).replace("$0", &name);
            lines.extend(self.lines(&head));
            let constructor = self.weighted(CONSTRUCTORS);
            self.member(constructor, &mut lines);
            for part in PARTS {
                let template = self.weighted(part);
                self.member(template, &mut lines);
            }
        }
        self.in_class = false;
        lines
    }

    fn member(&mut self, template: &str, lines: &mut Vec<String>) {
        let member = self.lines(template);
        lines.extend(member.iter().map(|line| format!("    {line}")));
    }
}
