# What happens when containers change under the operations that go over them.
import operator
from collections import OrderedDict, deque


def attempt(action):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__ + ":", error)


class Key:
    """Hashes like all others, and runs code when compared."""

    def __init__(self, name, act=None):
        self.name, self.act = name, act

    def __hash__(self):
        return 7

    def __eq__(self, other):
        if self.act:
            act, self.act = self.act, None
            act()
        return isinstance(other, Key) and self.name == other.name

    def __repr__(self):
        return self.name


# Dicts that change while a key is looked up.
d = {Key("a"): 1, Key("b"): 2}
wanted = Key("b", d.clear)
attempt(lambda: d.get(wanted))
print(d)
d = {Key("a"): 1}
d[Key("b", lambda: d.update({Key(str(i)): i for i in range(20)}))] = "b"
print(len(d), d[Key("b")], d[Key("19")])
d = {Key("a"): 1, Key("b"): 2, Key("c"): 3}
attempt(lambda: d.pop(Key("c", lambda: d.pop(Key("a")))))
print(d)

first = Key("a")
d = {first: 1, Key("b"): 2, Key("c"): 3}
first.act = lambda: d.pop(Key("c"))
attempt(lambda: d.get(Key("c")))
first.act = d.clear
attempt(lambda: d[Key("b")])
print(d)
first = Key("a")
d = {first: 1}
first.act = lambda: d.update({Key(str(i)): i for i in range(20)})
d[Key("new")] = "new"
print(len(d), list(d)[:2], list(d)[-1])
first.act = lambda: d.pop(Key("new"))
attempt(lambda: d.pop(Key("new")))
first.act = lambda: d.clear()
d[Key("last")] = 1
print(d)

# Iteration over dicts.
d = dict.fromkeys("abc", 0)
for key in d:
    d[key] += 1
print(d)
def grow():
    for key in d:
        d[key + "!"] = 1
attempt(grow)
d = {1: 1, 2: 2}
def swap():
    for key in d:
        del d[key]
        d[key + 10] = 0
attempt(swap)
it = iter({1: 1})
print(next(it), operator.length_hint(it), list(it), list(it))
d = {i: i for i in range(10)}
for key in list(d):
    if key % 2:
        del d[key]
print(d, list(reversed(d)), list(reversed(d.items()))[0])
keys, values, items = d.keys(), d.values(), d.items()
d["x"] = 1
print(keys, values, items, len(keys), "x" in keys, ("x", 1) in items, 1 in values)
print(sorted(keys & {2, 4, 99}), sorted((keys - {"x"}) ^ {2, 5}), keys >= {2, 4}, items.isdisjoint({("x", 2)}))

# A dict as a queue.
queue = {}
for i in range(1000):
    queue[i] = i
    if i % 3:
        del queue[next(iter(queue))]
print(len(queue), list(queue)[:3], list(queue)[-1])
while queue:
    queue.popitem()
queue["again"] = 1
print(queue)

# Updates from a dict that changes.
class Sly(dict):
    def keys(self):
        return ["k", "l"]

    def __getitem__(self, key):
        return key * 2
print(dict(Sly(a=1)), {**Sly(a=1)}, dict([("a", 1)], b=2))
class Missing(dict):
    def __missing__(self, key):
        return f"no {key}"
print(Missing(a=1)["b"], Missing(a=1).get("b"))

# Lists that change while they are searched, compared, sorted.
class Cutter:
    def __init__(self, target):
        self.target = target

    def __eq__(self, other):
        self.target.clear()
        return False
l = [1, 2, 3]
print(Cutter(l) in l, l)
l = [1, 2, 3]
attempt(lambda: l.index(Cutter(l)))
l = [1, 2, 3]
attempt(lambda: l.sort(key=lambda x: l.append(x)))
print(l)
l = [3, 1, 2]
attempt(lambda: l.sort(key=lambda x: 1 / (x - 1)))
print(sorted(l))
class Lying:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        return True
print(len(sorted(Lying(i) for i in range(100))))
l = list(range(5))
for item in l:
    if item < 8:
        l.append(item + 5)
print(l)
l = list(range(6))
for item in l:
    l.remove(item)
print(l)
it = iter([1, 2])
print(list(it), list(it), operator.length_hint(it))
l = [1, 2, 3, 4]
l[1:3] = l
print(l)
l[:] = (x for x in l if x > 1)
print(l)
l[::2] = "xy" + "z" * (len(l[::2]) - 2)
print(l)
records = [("b", 2), ("a", 2), ("b", 1), ("a", 1)]
print(sorted(records, key=lambda r: r[0]), sorted(records, key=lambda r: r[1], reverse=True))
print(sorted([3, 1.5, True, 2**70, -1]), sorted(["b", "a", "é", "aa"]), sorted([(1, "b"), (1, "a"), (0, "z")]))
nan = float("nan")
print([nan] == [nan], nan in [nan], [nan].count(nan), [1, nan].index(nan))

# Sets.
s = {1, 2, 3}
def shrink():
    for item in s:
        s.discard(item)
attempt(shrink)
first = Key("a")
s = {first, Key("b")}
first.act = s.clear
print(Key("b") in s, s)
first = Key("a")
s = {first}
first.act = lambda: s.update(Key(str(i)) for i in range(20))
s.add(Key("new"))
print(len(s), Key("new") in s, Key("7") in s)
s = {Key("a"), Key("b")}
attempt(lambda: Key("b", s.clear) in s)
print(s)
print({1, 2} | {3}, {1, 2, 3} & {2, 3, 4}, {1, 2} ^ {2, 3}, {1, 2, 3} - {2})
print({frozenset({1}), frozenset({2})} == {frozenset([2]), frozenset([1])}, {1} in {frozenset([1])}, {1, 2}.issubset([1, 2, 3]))
print(sorted({0, 1, 2} | {"a": 1}.keys(), key=str), {1: 2}.items() == {(1, 2)})
print({10, 3, 7, 1, 25, 18}, set(range(20, 0, -3)), {1000, 2, -1, 64})
s = set(range(100))
s -= set(range(3, 97))
print(s, s.pop() in range(100), len(s))

# Deques and ordered dicts.
q = deque([1, 2, 3])
def push():
    for item in q:
        q.append(item)
attempt(push)
q = deque(range(5), maxlen=5)
q.extend([5, 6])
q.rotate(2)
q.appendleft(9)
print(q, q.index(9), list(reversed(q)), q[-1], q.count(5))
del q[1]
q.insert(1, "i")
q.reverse()
print(q, q == deque(q), q < deque([9]), q.copy().maxlen)
od = OrderedDict.fromkeys("abcd")
od.move_to_end("a")
od.move_to_end("d", last=False)
print(list(od), od.popitem(last=False), od.popitem(), list(reversed(od)))
def move():
    for key in od:
        od.move_to_end(key)
attempt(move)
print(od == OrderedDict(b=None, c=None), od == OrderedDict(c=None, b=None), od == dict(c=None, b=None))
for i in range(300):
    od[i] = i
    if len(od) > 10:
        od.popitem(last=False)
print(list(od))

# Deep structures are shown, compared and released without trouble.
deep = []
for _ in range(1000):
    deep = [deep]
del deep
loop = []
loop.append(loop)
d = {"d": None}
d["d"] = d
print(loop, d, ([],) * 2, (loop,))

# `set.__init__` takes no keywords, whatever class calls it; an empty frozenset is a new object each time.
class Made(set):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)
class Filled(set):
    def __init__(self, *args, **kwargs):
        super().__init__(*args)
attempt(lambda: Made(a=1))
attempt(lambda: Made([1], a=1))
attempt(lambda: Made(1, 2))
attempt(lambda: set.__init__(Made(), a=1))
attempt(lambda: set.__init__(Filled(), [1], a=1))
attempt(lambda: set().__init__(a=1))
print(Made([1]), Filled([1], a=1), set.__new__(set, 1, a=1), frozenset([]) is frozenset([]))
