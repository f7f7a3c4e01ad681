import sys
def f(n):
    try:
        if n == 0: return "ret"
        if n == 1: raise KeyError("k")
        if n == 2: 1 / 0
        if n == 3: raise ValueError("v") from OSError("x")
        return "end"
    except KeyError as e:
        return repr(e), str(e)
    except (ZeroDivisionError, IndexError) as e:
        return str(e), type(e).__name__
    finally:
        print("finally", n)
for i in range(3): print(f(i))
try:
    f(3)
except ValueError as e:
    print(repr(e.__cause__), e.__suppress_context__, e.__context__ is e.__cause__)
try:
    try:
        raise TypeError("a")
    except TypeError:
        raise KeyError("b")
except KeyError as e:
    print(repr(e.__context__), e.__suppress_context__)
def loop():
    for i in range(5):
        try:
            if i == 1: continue
            if i == 3: break
            print("i", i)
        finally:
            print("f", i)
    else:
        print("no")
    return i
print(loop())
try:
    raise ExceptionGroup("g", [ValueError(1), TypeError(2), ExceptionGroup("h", [ValueError(3)])])
except* ValueError as eg:
    print("VE", eg.exceptions)
except* TypeError as eg:
    print("TE", eg.exceptions)
try:
    try:
        raise ExceptionGroup("g", [ValueError(1), KeyError(2)])
    except* ValueError:
        raise RuntimeError("new")
except ExceptionGroup as e:
    print(repr(e))
e = ValueError("x"); e.add_note("n1"); e.add_note("n2"); print(e.__notes__)
class E(Exception):
    def __init__(self, a, b): super().__init__(a); self.b = b
try: raise E(1, 2)
except E as e: print(e.args, e.b, sys.exception() is e)
print(sys.exception())
try:
    raise "x"
except TypeError as e: print(e)
try:
    assert 1 == 2, "msg"
except AssertionError as e: print(e)
def gen():
    try:
        yield 1
    except ValueError as e:
        print("caught", e)
        yield 2
    finally:
        print("cleanup")
g = gen(); next(g); print(g.throw(ValueError("t"))); g.close()
try:
    int("abc")
except ValueError as e: print(e)
for expr in ("[][0]", "{}['k']", "(1).x", "None + 1", "len(5)", "'a' + 1", "1 + 'a'", "[1] + (2,)", "undefined", "int([])", "'%d' % 'x'", "print(x=1)", "(lambda a: a)()", "(lambda: 1)(2)", "[1,2,3].index(9)", "'abc'.index('z')", "dict([1])", "set([[]])", "iter(3)", "next(iter([]))", "float('q')", "1 << -1", "5 % 0", "1.0 // 0", "2 ** -1 % 0", "range(1, 2, 0)", "chr(-1)", "ord('ab')", "bytes([256])", "'a'.encode('ascii').decode('utf-16')", "object().foo", "type('x', (int, str), {})", "isinstance(1, 1)", "sorted([1, 'a'])", "max([])", "sum('ab')", "abs('x')", "round('x')", "hash([])", "{}[[]]"):
    try:
        print(expr, "->", eval(expr))
    except Exception as e:
        print(expr, "->", type(e).__name__, e)
