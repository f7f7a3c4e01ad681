def g(n):
    r = 0
    for i in range(n):
        r = (yield i) or r
    return r
x = g(3)
print(next(x), x.send(10), next(x))
try: next(x)
except StopIteration as e: print(e.value)
def d():
    r = yield from g(2)
    print("r", r)
    yield from [7, 8]
    return "done"
print(list(d()))
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
import itertools
print(list(itertools.islice(fib(), 15)))
print(sum(i * i for i in range(100) if i % 3 == 0))
gen = (c for c in "abc")
print(next(gen), list(gen), list(gen))
def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)
print(list(tree(4)))
def bad():
    yield 1
    raise StopIteration(5)
try: list(bad())
except RuntimeError as e: print(e, repr(e.__cause__))
def closing():
    try:
        while True: yield
    except GeneratorExit:
        print("exit"); raise
c = closing(); next(c); c.close(); print(c.gi_frame, c.gi_running)
def ignore():
    try: yield 1
    except GeneratorExit: yield 2
i = ignore(); next(i)
try: i.close()
except RuntimeError as e: print(e)
s = g(1)
try: s.send(3)
except TypeError as e: print(e)
def rec():
    try: next(me)
    except ValueError as e: print(e)
    yield
me = rec(); next(me)
print([*map(lambda p: p[0] * p[1], zip(range(5), itertools.count(10)))])
it = iter(lambda q=[3]: q.append(q.pop() - 1) or q[0], 0)
print(list(it))
def inner():
    try:
        yield "a"
        yield "b"
    except KeyError as e:
        yield f"inner caught {e}"
def outer():
    yield from inner()
    yield "after"
o = outer(); print(next(o), o.throw(KeyError("k")), next(o))
