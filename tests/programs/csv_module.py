# The module csv: dialects, readers and writers in every mode, errors, dicts, the sniffer.
import _csv
import copy
import csv
import decimal
import fractions
import io
import pickle


def show(label, function, *args, **kwargs):
    try:
        result = function(*args, **kwargs)
    except BaseException as error:
        print(label, "->", type(error).__module__, type(error).__name__, ascii(str(error)))
    else:
        print(label, "->", ascii(result))


class S(str):
    pass


class I(int):
    pass


def options(dialect):
    return (dialect.delimiter, dialect.quotechar, dialect.escapechar, dialect.doublequote, dialect.skipinitialspace,
            dialect.lineterminator, dialect.quoting, dialect.strict)


def written(rows, **kwargs):
    out = io.StringIO(newline="")
    csv.writer(out, **kwargs).writerows(rows)
    return out.getvalue()


def read(lines, *args, **kwargs):
    return list(csv.reader(lines, *args, **kwargs))


print("== names")
print(sorted(name for name in dir(_csv) if not name.startswith("__")))
print([(name, getattr(csv, name)) for name in dir(csv) if name.startswith("QUOTE_")])
print(csv.__version__, hasattr(_csv, "__version__"), csv.Error, csv.Error.__mro__, csv.Error.__doc__)
for function in (csv.reader, csv.writer, csv.register_dialect, csv.unregister_dialect, csv.get_dialect, csv.list_dialects,
                 csv.field_size_limit, _csv.Writer.writerow, _csv.Writer.writerows):
    print(function.__name__, function.__text_signature__, bool(function.__doc__))
for cls in (_csv.Dialect, _csv.Reader, _csv.Writer):
    print(cls, sorted(name for name in vars(cls) if name not in ("__new__", "__doc__", "__module__")), cls.__module__)
    print(cls.__name__, cls.__qualname__, bool(cls.__doc__))
show("Reader", _csv.Reader)
show("Writer", _csv.Writer)
print(type(csv.reader([])) is _csv.Reader, type(csv.writer(io.StringIO())) is _csv.Writer)

print("== options")
print(options(_csv.Dialect()))
for name in ("delimiter", "quotechar", "escapechar", "lineterminator", "quoting"):
    for value in (None, "", "ab", b"a", 1, 7, -1, 1.5, 1 << 40, 1 << 80, str, "\n", "\r", " ", ",", '"', ";", "\0",
                  "\u20ac", "\U0001f600", S("x"), I(1), True):
        show(f"{name}={ascii(value)}", lambda: getattr(_csv.Dialect(**{name: value}), name))


class NoTruth:
    def __repr__(self):
        return "no truth"

    def __bool__(self):
        raise ZeroDivisionError("no truth")


for name in ("doublequote", "skipinitialspace", "strict"):
    for value in (None, 0, [], [0], "x"):
        show(f"{name}={value}", lambda: getattr(_csv.Dialect(**{name: value}), name))
    show(name, _csv.Dialect, **{name: NoTruth()})
for kwargs in (
    {"escapechar": " ", "skipinitialspace": True}, {"quotechar": " ", "skipinitialspace": True},
    {"delimiter": " ", "skipinitialspace": True}, {"escapechar": '"'}, {"escapechar": ","}, {"delimiter": '"'},
    {"lineterminator": "a,b"}, {"lineterminator": 'a"b'}, {"lineterminator": "\\", "escapechar": "\\"},
    {"quotechar": None}, {"quotechar": None, "quoting": 0}, {"quotechar": None, "quoting": 3},
    {"quotechar": None, "quoting": 9}, {"quoting": 9, "strict": NoTruth()}, {"quoting": "x", "strict": NoTruth()},
    {"delimiter": "ab", "escapechar": 7}, {"delimiter": "\n", "lineterminator": "\n"},
    {"delimitr": ","}, {"dialekt": 1}, {"entirely": 1}, {"delimiter": "\t", "quotechar": "'", "strict": 1},
):
    show(f"{ascii(kwargs)}", lambda: options(_csv.Dialect(**kwargs)))
show("ten", _csv.Dialect, *range(10))
show("nine and one", _csv.Dialect, *range(9), strict=1)
show("twice", _csv.Dialect, None, dialect=2)
show("twice", _csv.Dialect, None, ",", delimiter=1)
show("strange", _csv.Dialect, None, ",", strit=1)
show("by position", lambda: options(_csv.Dialect(None, "|", 0, "\\", "!", "'", 1, 1, 1)))

print("== what a dialect is made of")


class Attributes:
    delimiter = ";"
    quoting = csv.QUOTE_ALL

    @property
    def strict(self):
        raise KeyboardInterrupt


class NullDelimiter:
    delimiter = None


class BadQuoting:
    quoting = 7


class Sub(_csv.Dialect):
    def __init__(self, *args, **kwargs):
        print("Sub.__init__", len(args), kwargs)


show("attributes", lambda: options(_csv.Dialect(Attributes())))
show("a class", lambda: options(_csv.Dialect(Attributes)))
show("changed", lambda: options(_csv.Dialect(Attributes, delimiter="|")))
show("None", _csv.Dialect, NullDelimiter)
show("bad", _csv.Dialect, BadQuoting)
show("unknown", _csv.Dialect, "nope")
show("5", lambda: options(_csv.Dialect(5)))
show("excel-tab", lambda: options(_csv.Dialect("excel-tab")))
show("unix", lambda: options(_csv.Dialect("unix")))
sub = Sub(delimiter="|")
sub.extra = 1
print(_csv.Dialect(sub) is sub, _csv.Dialect(sub, strict=1) is sub, options(_csv.Dialect(sub, strict=1)))
print(type(Sub(_csv.Dialect())).__name__)
print(csv.reader([], sub).dialect is sub)

print("== read-only")
dialect = _csv.Dialect()
for name in ("delimiter", "quotechar", "escapechar", "doublequote", "skipinitialspace", "lineterminator", "quoting",
             "strict", "other"):
    show(f"set {name}", setattr, dialect, name, None)
    show(f"del {name}", delattr, dialect, name)
for thing in (csv.reader([]), csv.writer(io.StringIO())):
    for name in ("dialect", "line_num", "other"):
        show(f"set {name}", setattr, thing, name, 1)
show("class", setattr, _csv.Dialect, "other", 1)

print("== no pickles, no copies")
for thing in (dialect, csv.reader([]), csv.writer(io.StringIO())):
    for protocol in range(2 if thing is not dialect else 0, pickle.HIGHEST_PROTOCOL + 1):
        show(f"pickle {protocol}", pickle.dumps, thing, protocol)
    show("copy", copy.copy, thing)
    show("deepcopy", copy.deepcopy, thing)
show("Sub", copy.copy, sub)
show("reduce", dialect.__reduce__, 1, 2)
show("reduce_ex", dialect.__reduce_ex__)

print("== the registry")
print(csv.list_dialects())
show("one", csv.register_dialect, "semi", delimiter=";")
show("two", csv.register_dialect, "semi-tab", "semi", quotechar="'")
show("three", csv.register_dialect, "attributes", Attributes())
print(csv.list_dialects(), options(csv.get_dialect("semi-tab")), options(csv.get_dialect("attributes")))
print(csv.reader([], "semi").dialect is csv.get_dialect("semi"), csv.get_dialect(name="semi").delimiter)
show("forget", csv.unregister_dialect, "semi")
show("forget", csv.unregister_dialect, name="semi")
show("get", csv.get_dialect, "semi")
show("get", csv.get_dialect, 1)
show("get", csv.get_dialect, [])
show("get", csv.get_dialect)
show("forget", csv.unregister_dialect, {})
show("name", csv.register_dialect, 1)
show("unknown", csv.register_dialect, "a", "nope")
show("bad", csv.register_dialect, "a", quoting=7)
show("bad", csv.register_dialect, "a", bad=7)
show("none", csv.register_dialect)
show("many", csv.register_dialect, 1, 2, 3)
_csv._dialects["five"] = 5
show("five", csv.get_dialect, "five")
show("five", lambda: options(csv.reader([], "five").dialect))
for name in ("five", "attributes", "semi-tab"):
    csv.unregister_dialect(name)
print(csv.list_dialects() == list(_csv._dialects))

print("== arguments")
show("reader", csv.reader)
show("reader", csv.reader, 1, 2, 3)
show("reader", csv.reader, 5)
show("reader", csv.reader, 5, "nope")
show("reader", csv.reader, [], "nope")
show("reader", csv.reader, [], "excel", dialect="excel")
show("reader", csv.reader, [], bad=1)
show("writer", csv.writer)
show("writer", csv.writer, 1)
show("writer", csv.writer, type("W", (), {"write": 1})())
show("writer", csv.writer, io.StringIO(), delimiter="")
print(csv.reader([], dialect="excel-tab").dialect.delimiter == "\t")

print("== reading")
LINES = (
    [], [""], ["\n"], ["\r\n"], ["\n\n"], ["a,b\n\r"], ["a\rb"], ["a\n\rb"], ["a", "", "b"], ["a\n", "\n", "b\n"],
    ['a, "b" , c'], [' "x"'], ['""'], ['"a""b"c"d'], ['"a', 'b"'], ['"a\n', 'b",c\n'], ["a\\", "b"], ["a\\\n", "b"],
    ["a\\\nb"], ['"a\\"b"'], ["\\,a,b"], ['"a\\', 'b"'], ['""""'], ['"a"\n'], ['"a"\r\n', "b"], ['a"b"c,'], [","], ["a,"],
    ["a\u20acb\u20acc"], ["\u20aca\u20ac,\U0001f600,b"], ["\x00,a"], ['1,"2",3.5,'], ['\xe9,"\xe9",\xe9"\xe9'],
    ['a b  c ""'], ['"'], ['"', '"'], ['"a" ,b'], ['"a"b,c'], ["'a,b',c"], ["  a,  b"], ["a;b;c\n"], ["1 2,3_0, 4 ,inf"],
    ["\u0661\u0662,\u20ac"], ["a\\"], ["\\"], ['"a\\'], ["a,\\\n"], ["a\r\n\r\n"], ["a,b\0c,d\n"],
    ["a\\\n", "b", "c,d", "e"], ["a\\\nb\n", "c"], ["a\\\nb\\", "c"], ['"a\\\n', 'b"', "c"],
)
for kwargs in (
    {}, {"strict": True}, {"skipinitialspace": True}, {"escapechar": "\\"}, {"escapechar": "\\", "strict": True},
    {"doublequote": False}, {"doublequote": False, "escapechar": "\\"}, {"quoting": csv.QUOTE_ALL},
    {"quoting": csv.QUOTE_NONNUMERIC}, {"quoting": csv.QUOTE_NONE}, {"quoting": csv.QUOTE_NONE, "escapechar": "\\"},
    {"quoting": csv.QUOTE_STRINGS}, {"quoting": csv.QUOTE_NOTNULL}, {"delimiter": " ", "skipinitialspace": True},
    {"delimiter": "\u20ac"}, {"quotechar": "\u20ac", "escapechar": "\U0001f600"}, {"quotechar": "'"}, {"quotechar": None},
    {"delimiter": ";", "quoting": csv.QUOTE_NOTNULL, "skipinitialspace": True}, {"delimiter": "\0"},
):
    print("--", ascii(kwargs))
    for lines in LINES:
        reader = csv.reader(lines, **kwargs)
        rows = []
        try:
            for row in reader:
                rows.append((reader.line_num, row))
        except Exception as error:
            rows.append((reader.line_num, type(error).__name__, str(error)))
        print(ascii(lines), ascii(rows))
for bad in (b"a", 1, None, ["a"]):
    show("not a string", read, ["x", bad])
show("strict wide", read, ['"a"b'], strict=True, delimiter="\u20ac", quotechar='"')
show("string lines", read, "a,b\nc")
show("str subclass", read, [S("a,b")])
reader = csv.reader(["a,b", "c\rd", "e"])
print(next(reader))
show("error", next, reader)
print(next(reader), reader.line_num)
show("end", next, reader)
show("end", reader.__next__)
print(iter(reader) is reader)


def failing():
    yield '"open'
    raise RuntimeError("no more")


show("failing", read, failing())




print("== the limit")
print(csv.field_size_limit())
show("bool", csv.field_size_limit, True)
show("float", csv.field_size_limit, 1.0)
show("None", csv.field_size_limit, None)
show("large", csv.field_size_limit, 1 << 70)
show("two", csv.field_size_limit, 1, 2)
print(csv.field_size_limit(new_limit=3), csv.field_size_limit())
for lines in (["abc,abc\n"], ["abcd\n"], ['"abc"\n'], ['"abcd"'], ['"ab""'], ['"ab', 'c"'], ['"ab', 'cd"'], ["ab\\cd"],
              ["ab\\c"], ["abc\\"], ["ab\\"], ['"a"bcd'], ['"a"bc'], ["", ""], [",,,,,"]):
    show(ascii(lines), read, lines, escapechar="\\")
for limit in (0, -5):
    csv.field_size_limit(limit)
    show("empty", read, [",", '"",'])
    show("one", read, ["a"])
csv.field_size_limit(10)
show("raised meanwhile", lambda: read(csv.field_size_limit(4) and line for line in ["aaaaa"]))
csv.field_size_limit(128 * 1024)
show("at the limit", lambda: len(read(["a" * 131072])[0][0]))
show("past it", lambda: read(["a" * 131073]))
show("past it in lines", lambda: read(['"'] + ["a" * 10000 + "\n"] * 14))

print("== writing")


class Answering:
    def write(self, text):
        return text, len(text)


class Shouting:
    def __str__(self):
        return "a,b"


class Sevens(float):
    def __str__(self):
        return "str"

    def __repr__(self):
        return "repr"


class Other(str):
    def __str__(self):
        return "other"


ROWS = (
    [], [""], [None], [None, ""], ["", None], ["", ""], ["a", "b"], ["a,b"], ['a"b'], ["a\\b"], ["a\nb"], ["a\rb"], ["a b"],
    [" a"], ["'"], ["\\"], ['"'], ['"a"'], [","], [1, -2, 1.5, -0.0, 1e100, float("nan"), 10 ** 30, True, 1j], ["a!b"],
    ["\xe9", "\u20ac,", "\U0001f600"], ["\0"], [b"x"], [Shouting()], [I(5)], [Sevens(1)], [Other("x,y")],
    [decimal.Decimal("1.50"), fractions.Fraction(1, 3)], ("t", 1), {"k": 1}, "str", range(3), (x for x in "gen"),
)
for quoting in range(6):
    for kwargs in (
        {}, {"escapechar": "\\"}, {"escapechar": "\\", "doublequote": False}, {"doublequote": False},
        {"delimiter": " ", "skipinitialspace": True}, {"delimiter": "\u20ac", "lineterminator": "!"},
        {"quotechar": "'", "lineterminator": "\n"}, {"delimiter": "1", "escapechar": "e"}, {"lineterminator": ""},
    ):
        print("--", quoting, ascii(kwargs))
        writer = csv.writer(Answering(), quoting=quoting, **kwargs)
        for row in ROWS:
            show("row", writer.writerow, row)
show("None", lambda: written([["a,b"]], quotechar=None))
show("None", lambda: written([["a,b", '"']], quotechar=None, escapechar="\\"))
writer = csv.writer(Answering())
show("5", writer.writerow, 5)
show("None", writer.writerow, None)
show("no argument", writer.writerow)
show("rows", writer.writerows, [["a"], ("b", 1)])
show("rows", writer.writerows, 5)
show("rows", writer.writerows, [["a"], 5])
print(writer.dialect.delimiter, type(writer.dialect))


class NotIterable:
    def __iter__(self):
        raise TypeError("mine")


class Stopping:
    def __iter__(self):
        raise ValueError("mine")


class Unprintable:
    def __str__(self):
        raise OSError("no text")


class NoText:
    def __str__(self):
        return 5


class Listing(list):
    def __iter__(self):
        return iter("xy")


def failing_row():
    yield 1
    raise TypeError("within")


show("not iterable", writer.writerow, NotIterable())
show("stopping", writer.writerow, Stopping())
show("unprintable", writer.writerow, ["a", Unprintable()])
show("no text", writer.writerow, [NoText()])
show("within", writer.writerow, failing_row())
show("listing", writer.writerow, Listing([1, 2]))
show("fresh", writer.writerow, ["fresh"])


class Index:
    def __index__(self):
        return 1


class Float:
    def __float__(self):
        return 1.0


class Int:
    def __int__(self):
        return 1


class Complex:
    def __complex__(self):
        return 1j


for cls in (Index, Float, Int, Complex):
    cls.__str__ = lambda self: "n"
show("numbers", lambda: written([[Index(), Float(), Int(), Complex(), 1j, b"", {}]], quoting=csv.QUOTE_NONNUMERIC))


class Raising:
    def write(self, text):
        raise OSError("full")


show("full", csv.writer(Raising()).writerow, ["a"])
rows = [[f"field {n}", n, n / 4, 'q"', "", None] for n in range(50)]
text = written(rows)
print(len(text), read(io.StringIO(text, newline="")) == [[str(f) if f is not None else "" for f in row] for row in rows])
for quoting in (csv.QUOTE_STRINGS, csv.QUOTE_NOTNULL, csv.QUOTE_NONNUMERIC):
    back = read(io.StringIO(written(rows, quoting=quoting), newline=""), quoting=quoting)
    print(quoting, back[:2], back == rows)

print("== dicts")
reader = csv.DictReader(["a,b,c", "1,2,3", "", "4,5", "6,7,8,9"], restkey="rest", restval="none")
print(reader.fieldnames, list(reader), reader.line_num)
print(list(csv.DictReader(["1,2"], ["x", "y"], quoting=csv.QUOTE_NONNUMERIC)))
print(csv.DictReader([]).fieldnames)
out = io.StringIO(newline="")
writer = csv.DictWriter(out, ["a", "b"], restval="-", lineterminator="\n")
print(writer.writeheader(), writer.writerow({"a": 1}), writer.writerows([{"a": 1, "b": "x,y"}, {}]))
show("extra", writer.writerow, {"a": 1, "c": 2})
writer = csv.DictWriter(out, ["a"], extrasaction="ignore", dialect="unix")
writer.writerow({"a": 1, "c": 2})
show("action", csv.DictWriter, out, ["a"], extrasaction="bad")
print(repr(out.getvalue()))

print("== classes of dialects")


class Good(csv.excel):
    delimiter = ":"
    quoting = csv.QUOTE_NONE
    escapechar = "\\"


class Bad(csv.Dialect):
    pass


class BadCharacter(csv.excel):
    delimiter = "::"


class BadPair(csv.excel):
    quotechar = ","


print(options(csv.reader([], Good()).dialect), options(csv.reader([], Good).dialect))
for cls in (Bad, BadCharacter, BadPair, csv.Dialect):
    show(cls.__name__, cls)
for cls in (csv.excel, csv.excel_tab, csv.unix_dialect):
    print(cls.__name__, ascii(written([["a", "b\tc", 'd"']], dialect=cls)))

print("== the sniffer")
sniffer = csv.Sniffer()
for sample in ("a,b,c\n1,2,3\n", "a;b;c\n1;2;3\n4;5;6\n", "a\tb\n'1'\t'2'\n", "'a':'b'\n'c''d':'e'\n", "a b c\nd e f\n",
               "'x', 'y', 'z'\n'1', '2', '3'\n", 'a|"b"|c\n"d"|e|f\n'):
    found = sniffer.sniff(sample)
    print(ascii(sample), ascii((found.delimiter, found.quotechar, found.doublequote, found.skipinitialspace)),
          sniffer.has_header(sample))
    print(read(sample.splitlines(), found))
show("delimiters", lambda: sniffer.sniff("a-b;c-d;e-f\n" * 3, delimiters=";").delimiter)
show("no delimiter", sniffer.sniff, "abc\n")
print(sniffer.has_header("name,age\nann,12\nbob,13\n"), sniffer.has_header("ann,12\nbob,13\n"))
