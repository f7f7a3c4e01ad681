def f(a, /, b, c=3, *args, d, e=5, **kw): return a, b, c, args, d, e, kw
print(f(1, 2, d=4), f(1, b=2, d=4, z=9), f(*[1, 2, 3, 4], **{"d": 0, "q": 1}))
for call in ("f()", "f(1)", "f(1, 2)", "f(1, 2, d=1, a=5)", "f(a=1, b=2, d=3)", "f(1, 2, b=3, d=4)", "g(1, 2, 3)", "g(x=1)", "g()", "h(1)", "h(b=1, c=2)", "f(**{1: 2})", "f(*5)", "f(**5)"):
    def g(a, b): pass
    def h(*, a, b): pass
    try: print(call, eval(call))
    except TypeError as e: print(call, "->", e)
print(f.__name__, f.__qualname__, f.__defaults__, f.__kwdefaults__, f.__code__.co_varnames, f.__code__.co_argcount, f.__code__.co_posonlyargcount)
def deco(n):
    def wrap(fn):
        def inner(*a): return [fn(*a)] * n
        inner.__name__ = fn.__name__
        return inner
    return wrap
@deco(2)
@deco(1)
def h(x): "doc"; return x
print(h(5), h.__name__)
def ann(a: int, b: "str" = "x") -> list[int]: ...
print(ann.__annotations__)
print((lambda *a, **k: (a, k))(1, *[2], x=1, **{"y": 2}))
def rec(n): return 0 if n == 0 else 1 + rec(n - 1)
print(rec(200))
def gen_default(x=[]): x.append(1); return x
gen_default(); print(gen_default())
class K:
    def m(self, x): return self, x
k = K()
bm = k.m
print(bm(1)[1], bm.__func__ is K.m, bm.__self__ is k, K.m(k, 2)[1], bm == k.m)
exec("dyn = 5\ndef made(): return dyn * 2")
print(made(), eval("dyn + 1", {"dyn": 10}), eval(compile("1 + 2", "s", "eval")))
ns = {}; exec("class Q:\n    v = [i for i in range(3)]", ns); print(ns["Q"].v)
print(sorted(globals().keys() & {"f", "ns", "K"}), callable(f), callable(5))
def loc():
    a = 1; b = [2]
    return locals()
print(loc())
print([getattr(x, "__name__", None) for x in (print, len, K, f, str.join)])
x = 5
def scope():
    global x
    x = 6
    class C:
        x = 7
        def m(self): return x
    return C.x, C().m()
print(scope(), x)
if (n := 10) > 5: print(n, (y := n * 2), y)
print([last := i for i in range(3)], last)
type Alias[T] = list[T]
def generic[T: int](a: T) -> T: return a
class Box[T]: pass
print(Alias.__name__, generic.__type_params__, Box.__type_params__, generic(3))
