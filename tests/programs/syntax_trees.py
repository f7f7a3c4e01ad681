# Syntax trees: from source to objects and back, what is checked, and what comes with them.
import ast
import copy
import pickle
import warnings

warnings.simplefilter("ignore")


def attempt(action):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)


SOURCES = [
    'f"{x!r:>{w}} {{}} {y = }" "tail"',
    't"{(x)}{ y = }{z!r:>{w}}"',
    'u"a" "b"',
    'b"a" b"b"; "\\ud800"; 0x_ff; 10**40; 1j',
    "f(x for x in y); f(*a, **k); f((y))",
    "x[*a, 1:2]; x[a:=1]",
    "lambda a, /, b=1, *c, d, **e: 0",
    "@(a)\n# def class\n@b # x\nasync def f[T: int, *U, **V = ...](*a: *b) -> c: pass;",
    "if a: pass\nelif b: pass;\nelse: pass",
    "match x:\n case {'a': 1, **r} if g: pass\n case [*_, -1+2j] | A.b(c, d=(1)) as e: pass\n case None: pass",
    "with (a as b, c): pass",
    "try: pass\nexcept* A as b: pass\nfinally: pass",
    "type X[T] = T",
    "async def f():\n return [x async for x in await y if z]",
    "a = *b, c; d: int = 3; (e): int; f @= g; del h, (i)",
    "\xe9 = '\xe9'; f'\xe9{\xe9}\xe9'",
]
for source in SOURCES:
    tree = ast.parse(source)
    print(ast.dump(tree, include_attributes=True))
    print(ast.unparse(tree))
    attempt(lambda: compile(tree, "f", "exec") and "compiled")

print("== modes")
print(ast.dump(ast.parse("x", mode="single")))
print(ast.dump(ast.parse("(int, *str, **Any) -> float", mode="func_type"), include_attributes=True))
print(ast.dump(ast.parse("() -> List[x]\n", mode="func_type")))
for source in ["(int,) -> x", "int -> x", "(*a, b) -> c", "(a) -> "]:
    try:
        ast.parse(source, mode="func_type")
    except SyntaxError as error:
        print("refused", source)

print("== type comments")
COMMENTED = """\
x = 1 # type: int
for x in y:  # type: str
    pass # type: ignore[abc]
def f(a, # type: int
      *b # type: str
      ):
    # type: (...) -> x
    pass
with a as b: #type:c
    pass
"""
print(ast.dump(ast.parse(COMMENTED, type_comments=True)))
attempt(lambda: ast.parse("f() # type: int", type_comments=True))

print("== versions")
for version, source in [
    ((3, 7), "(x := 1)"),
    ((3, 5), "x: int"),
    ((3, 4), "async def f():\n await x"),
    ((3, 9), "match x:\n case 1: pass"),
    ((3, 12), "def f[*T = int](): pass"),
    ((3, 13), "try: pass\nexcept A, B: pass"),
]:
    attempt(lambda: ast.dump(ast.parse(source, feature_version=version)))

print("== optimized")
for source in ["__debug__", "'%s %r' % (a, b)", "'doc'\nx"]:
    for level in (-1, 0, 1, 2):
        print(ast.dump(ast.parse(source, optimize=level)))
        print(ast.dump(compile(ast.parse(source), "", "exec", flags=ast.PyCF_OPTIMIZED_AST, optimize=level)))

print("== made by hand")


def evaluate(node):
    return eval(compile(ast.fix_missing_locations(ast.Expression(node)), "<made>", "eval"))


C, N, L = ast.Constant, ast.Name, ast.Load()
for made in [
    C(-5),
    C((1, (2, "\ud800"), b"x", None, ..., True)),
    C(frozenset({1})),
    C("\ufffd\udcff"),
    C([1]),
    C((1, [2])),
    C(10**50),
    ast.JoinedStr([C("a"), ast.FormattedValue(C(1), -1, None), C("b")]),
    ast.JoinedStr([]),
    ast.FormattedValue(C(1), -1, C(">5")),
    ast.FormattedValue(C(1), 7, None),
    ast.TemplateStr([C("a"), ast.Interpolation(C(1), "one", 114, ast.JoinedStr([C(">3")]))]),
    ast.Interpolation(C(1), "one", -1),
    ast.BinOp(None, ast.Add(), C(2)),
    N("None", L),
    N(3, L),
    N("x", ast.Store()),
    ast.Compare(C(1), [], []),
    ast.BoolOp(ast.And(), [C(1)]),
    ast.Dict([C(1)], []),
    ast.ListComp(C(1), []),
    ast.List([None], L),
    ast.Call(C(1), [], [ast.keyword("a", None)]),
    ast.Starred(C(1), L),
    ast.NamedExpr(ast.Attribute(C(1), "x", ast.Store()), C(1)),
    ast.expr(),
]:
    attempt(lambda: ascii(evaluate(made)))

for body in [
    [ast.Delete([])],
    [ast.Assign([N("x", L)], C(1))],
    [ast.If(C(1), [], [])],
    [ast.Try([ast.Pass()], [], [ast.Pass()], [])],
    [ast.Raise(None, C(1))],
    [ast.ImportFrom("x", [ast.alias("y")], -1)],
    [ast.Global([])],
    [ast.AnnAssign(ast.Attribute(C(1), "x", ast.Store()), C(1), None, 1)],
    [ast.FunctionDef("f", ast.arguments(defaults=[C(1)]), [ast.Pass()])],
    [ast.Match(C(1), [ast.match_case(ast.MatchAs(ast.MatchAs(), None), None, [ast.Pass()])])],
    [ast.Match(C(1), [ast.match_case(ast.MatchStar("x"), None, [ast.Pass()])])],
    [ast.Match(C(1), [ast.match_case(ast.MatchValue(C(None)), None, [ast.Pass()])])],
    [ast.Match(C(1), [ast.match_case(ast.MatchOr([ast.MatchAs()]), None, [ast.Pass()])])],
    [ast.Pass(lineno=3, col_offset=0, end_lineno=2, end_col_offset=0)],
    [ast.Pass(lineno=1, col_offset=5, end_lineno=1, end_col_offset=2)],
    [None],
    [C(1)],
    3,
]:
    attempt(lambda: compile(ast.fix_missing_locations(ast.Module(body, [])), "<made>", "exec") and "compiled")
attempt(lambda: compile(ast.Module([ast.Pass()], []), "", "eval"))
attempt(lambda: compile(ast.Expression(C(1)), "", "eval"))

print("== nodes")
attempt(lambda: ast.Name("a", L, 3))
attempt(lambda: ast.Name("a", id="b"))
attempt(lambda: repr(ast.parse("x = [1, 2, 3]")))
attempt(lambda: ast.Call.__doc__)
attempt(lambda: ast.operator.__doc__)
attempt(lambda: ast.Dict._field_types)
attempt(lambda: ast.dump(copy.replace(N("x", L), id="y")))
attempt(lambda: copy.replace(N("x", L), foo=1))
attempt(lambda: N("x", L).__reduce__())
attempt(lambda: ast.dump(pickle.loads(pickle.dumps(ast.parse("f(x)")))))
attempt(lambda: ast.dump(copy.deepcopy(ast.parse("f(x)"))))
attempt(lambda: ast.literal_eval("[1, {'a': (2, 3)}, -4+5j, {1}, b'', None]"))
attempt(lambda: (ast.Load() is ast.Load(), ast.parse("a").body[0].value.ctx is ast.parse("b").body[0].value.ctx))

print("== sources that are no text")
for source in [b"a\0b", b"# -*- coding: foo -*-\nx"]:
    try:
        compile(source, "f", "exec")
    except SyntaxError as error:
        print(error, error.filename, error.lineno, error.offset, error.text)
