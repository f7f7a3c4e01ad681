l = [3, 1, 2]
l.sort(); l.reverse(); l.insert(1, 9); l.extend("ab"); l[1:3] = [7, 8, 9]; del l[0]; l += [1]; l *= 2
print(l, l.index(8), l.count(1), l.pop(), l.pop(0), l[::2], l[-1], l[10:], [1, 2] < [1, 3], [1] + [2], 2 * [0], 3 in l)
l[::2] = range(len(l[::2])); print(l); del l[::2]; print(l, l.copy(), sorted(l, key=lambda x: str(x)))
d = {"a": 1, "b": 2}; d["c"] = 3; del d["a"]; d["a"] = 4; d.update(z=5); d |= {"y": 6}
print(d, list(d), d.get("q"), d.get("q", 0), d.pop("b"), d.popitem(), d.setdefault("n", []), "a" in d, len(d), list(reversed(d)), d | {"a": 0}, dict.fromkeys("ab", 1), d.items() & {("a", 4)}, sorted(d.keys() - {"a"}))
s = {3, 1, 2}; s.add(5); s.discard(9); s |= {7}; t = frozenset([1, 2])
print(sorted(s), s & t, sorted(s - t), sorted(s ^ t), t <= s, s.isdisjoint({99}), {1: "x"}.keys() == {1}, frozenset([1, 2]) == {1, 2}, len({1, 1.0, True}), hash(t) == hash(frozenset([2, 1])))
t = (1, 2, 3); print(t[1:], t + (4,), t * 2, t.index(2), t.count(1), (1,), (), t < (1, 3), hash(t) == hash((1, 2, 3)), *t)
r = range(10, 0, -3); print(r, list(r), len(r), r[1], r[-1], r[::2], 7 in r, 6 in r, r.index(4), range(0) == range(2, 1), list(reversed(r)), r.start, range(10 ** 20, 10 ** 20 + 2)[1])
print(slice(1, 10, 2).indices(5), list(enumerate("ab", 1)), list(zip("ab", [1, 2], strict=True)), list(map(pow, [2, 3], [3, 2])), list(filter(None, [0, 1, "", 2])), [*reversed([1, 2])])
x = [1]; x.append(x); print(x); y = {}; y["y"] = y; print(y)
print([i for i in range(10) if i % 2 if i > 3], {i: i * i for i in range(3)}, {c for c in "aab"} == {"a", "b"}, [[j for j in range(i)] for i in range(3)])
from collections import deque, OrderedDict, defaultdict, Counter, namedtuple, ChainMap
q = deque([1, 2, 3], maxlen=3); q.append(4); q.appendleft(0); q.rotate(1); print(q, q[0], q.maxlen)
od = OrderedDict(a=1, b=2); od.move_to_end("a"); print(od, od.popitem(last=False))
dd = defaultdict(list); dd["k"].append(1); print(dd, Counter("abca").most_common(1), Counter(a=3) - Counter(a=1))
P = namedtuple("P", "x y", defaults=[5]); p = P(1); print(p, p._replace(x=2), p._asdict(), P._fields, p == (1, 5))
print(ChainMap({"a": 1}, {"a": 2, "b": 3})["b"])
a, *b, c = "hello"; print(a, b, c); (a, b), c = (1, 2), 3; print(a, b, c); a = b = []; a.append(1); print(b)
try:
    for k in d: d[k + "!"] = 1
except RuntimeError as e: print(e)
try:
    a, b = 1, 2, 3
except ValueError as e: print(e)
try:
    a, b, *c = [1]
except ValueError as e: print(e)
import itertools as it, functools, operator, heapq, bisect
print(list(it.chain([1], "a")), list(it.product("ab", [1, 2])), list(it.permutations([1, 2, 3], 2)), list(it.combinations("abc", 2)), [(k, list(g)) for k, g in it.groupby("aabbc")], list(it.accumulate([1, 2, 3])), list(it.takewhile(lambda x: x < 3, range(9))), list(it.zip_longest("ab", "c")), list(it.pairwise("abc")), list(it.batched("abcde", 2)), list(it.starmap(pow, [(2, 3)])))
print(functools.reduce(operator.add, [1, 2, 3]), functools.partial(int, base=2)("101"), heapq.nsmallest(2, [3, 1, 2]), bisect.bisect([1, 3, 5], 3))
@functools.lru_cache(maxsize=None)
def fibm(n): return n if n < 2 else fibm(n - 1) + fibm(n - 2)
print(fibm(90), fibm.cache_info())
