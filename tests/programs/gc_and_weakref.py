import gc, weakref
class N:
    def __init__(self, name): self.name = name
    def __del__(self): print("del", self.name)
a = N("a"); del a
b = N("b"); b.me = b; del b; print("collected", gc.collect() > 0)
c = N("c"); w = weakref.ref(c, lambda r: print("callback", r() is None)); print(w() is c); del c; print(w())
class R:
    saved = None
    def __del__(self): R.saved = self; print("resurrect")
r = R(); del r; print(R.saved is not None); R.saved = None; gc.collect(); print("end")
d = weakref.WeakValueDictionary(); k = N("k"); d["k"] = k; print(len(d)); del k; print(len(d))
x = []
for _ in range(1000): x = [x]
del x
t = ()
for _ in range(1000): t = (t,)
del t
print("deep ok")
s = weakref.WeakSet(); n = N("n"); s.add(n); print(len(s)); n = None; print(len(s))
p = N("p"); q = weakref.proxy(p); print(q.name); del p
try: q.name
except ReferenceError as e: print(e)
def f():
    y = N("local"); z = [y]; z.append(z)
f(); gc.collect()
print(gc.isenabled(), type(gc.get_count()))
class Ring: pass
made = []
for i in range(20000):
    ring = Ring(); ring.me = ring
    if i % 100 == 0: made.append(weakref.ref(ring))
print(sum(ref() is not None for ref in made) < 150, gc.get_stats()[0]["collections"] > 3)
