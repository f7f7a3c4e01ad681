class Meta(type):
    def __new__(mcls, name, bases, ns, **kw):
        cls = super().__new__(mcls, name, bases, ns)
        cls.kw = kw
        return cls
    def __init__(cls, name, bases, ns, **kw):
        super().__init__(name, bases, ns)
    def __call__(cls, *args):
        obj = super().__call__(*args)
        obj.made_by = "meta"
        return obj
    @classmethod
    def __prepare__(mcls, name, bases, **kw):
        print("prepare", name, sorted(kw))
        return {"injected": 1}

class A(metaclass=Meta, flag=True):
    def __init__(self, x=0): self.x = x
    def __repr__(self): return f"A({self.x})"
    def __add__(self, o): return A(self.x + (o.x if isinstance(o, A) else o))
    __radd__ = __add__
    def __eq__(self, o): return isinstance(o, A) and self.x == o.x
    def __hash__(self): return hash(self.x)
    def __len__(self): return self.x
    def __getitem__(self, i): return i if isinstance(i, int) else (i.start, i.stop, i.step)
    def __contains__(self, i): return i == 42
    def __call__(self, *a, **k): return a, k
    def __bool__(self): return self.x != 0
    def __iter__(self): return iter(range(self.x))
    def __enter__(self): print("enter"); return self
    def __exit__(self, *exc): print("exit", exc[0] and exc[0].__name__); return True

class B(A):
    def __init__(self, x): super().__init__(x * 2)

print(A.kw, A.injected, B(3), B(3).made_by, A(1) + 2, 5 + A(1), A(2) == B(1), {A(1): 1}[A(1)])
print(len(A(3)), A(1)[5], A(1)[1:2:3], 42 in A(1), 43 in A(1), A(1)(1, k=2), bool(A(0)), list(A(3)))
with A(1) as a:
    print(a)
    raise ValueError
class P:
    __slots__ = ("a", "_b")
    @property
    def b(self): "doc"; return self._b
    @b.setter
    def b(self, v): self._b = v * 2
    @b.deleter
    def b(self): del self._b
p = P()
p.b = 4
print(p.b)
del p.b
for name in ("b", "zz", "a"):
    try:
        print(getattr(p, name))
    except AttributeError as e:
        print(e)
try:
    p.zz = 1
except AttributeError as e:
    print(e)
class X: pass
class Y(X): pass
class Z(X): pass
class W(Y, Z):
    def __getattr__(self, n): return n.upper()
    @staticmethod
    def s(a): return a
    @classmethod
    def c(cls): return cls.__name__
print([k.__name__ for k in W.__mro__], W().foo, W.s(3), W().c(), W.c())
try:
    class Bad(X, Y): pass
except TypeError as e:
    print(e)
class D:
    def __set_name__(self, owner, name): self.n = name; print("set_name", owner.__name__, name)
    def __get__(self, o, t): return (self.n, o is None)
class E: d = D()
print(E.d, E().d)
class Sub:
    subs = []
    def __init_subclass__(cls, /, tag=None, **kw):
        super().__init_subclass__(**kw)
        Sub.subs.append((cls.__name__, tag))
class S1(Sub, tag=1): pass
class S2(S1): pass
print(Sub.subs)
class G:
    def __class_getitem__(cls, i): return (cls.__name__, i)
print(G[int], type("T", (G,), {"v": 3}).v)
o = X()
o.__class__ = Y
print(type(o).__name__, o.__dict__, isinstance(o, X))
o.a = 1; o.b = 2; del o.a; o.a = 3
print(list(vars(o).items()))
class R:
    def __lt__(self, o): return NotImplemented
try:
    R() < R()
except TypeError as e:
    print(e)
class I(int):
    def __add__(self, o): return I(int(self) + int(o) + 100)
print(I(1) + 1, 1 + I(1), type(I(1) + 1).__name__, I(5) * 2)
class L(list):
    def __missing__(self): pass
    def append(self, x): super().append(x + 1)
l = L([1]); l.append(1); print(l, l == [1, 2], L.__name__)
class Dm(dict):
    def __missing__(self, k): return k * 2
print(Dm(a=1)["a"], Dm()["zz"])
