def counter():
    n = 0
    def step(by=1, *, times=1):
        nonlocal n
        for _ in range(times):
            n += by
        return n
    return step

a, b = counter(), counter()
print(a(), a(2), a(times=3), b())
fs = [lambda x, i=i: x * i for i in range(4)]
print([f(10) for f in fs])
print(a.__closure__[0].cell_contents, a.__code__.co_freevars, a.__kwdefaults__, a.__defaults__)
def outer(x):
    class C:
        y = x
        def m(self): return x, self.y
    x += 1
    return C().m()
print(outer(5))
try:
    def f():
        print(q)
        q = 1
    f()
except UnboundLocalError as e:
    print(e)
def g():
    def h(): return z
    try:
        h()
    except NameError as e:
        print(type(e).__name__, e)
    z = 1
    del z
    try:
        h()
    except NameError as e:
        print(type(e).__name__, e)
g()
