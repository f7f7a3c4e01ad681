names = {}


def show(source):
    try:
        print(source, "->", repr(eval(source, names)))
    except Exception as error:
        print(source, "->", type(error).__name__ + ":", error)


for line in """\
[1]['a']
[1][1]
[1][2**70]
(1,)['a']
(1,)[5]
(1,)[2**70]
range(3)['a']
range(3)[5]
range(3)[2**70]
[1].pop(5)
[].pop()
[1].pop('a')
[1].remove(2)
[1].index(2)
[1].index(2,'a')
(1,).index(2)
[1].insert('a',1)
[1].__setitem__('a',1)
[1].__setitem__(5,1)
[1].__delitem__(5)
[1].__delitem__('a')
[1].__setitem__(slice(0,1),1)
[1,2,3].__setitem__(slice(0,3,2),[1])
[1,2,3].__setitem__(slice(0,3,2),1)
[1,2,3][::0]
[1,2,3]['a':]
[1]+(1,)
(1,)+[1]
[1]*'a'
[1]*2.0
[1].__mul__('a')
[1].extend(1)
[1].__iadd__(1)
list(1)
list(1,2)
list(a=1)
tuple(1)
tuple(a=1)
tuple(1,2)
[1].sort(1)
[1].sort(foo=1)
[1,'a'].sort()
{}[[]]
{}[1]
{}.pop(1)
{}.pop([])
{1:2}.pop([])
{}.popitem()
{}.__delitem__(1)
{}.__contains__([])
{}.get([])
{}.setdefault([])
dict(1)
dict([1])
dict([(1,2,3)])
dict(['abc'])
dict(1,2)
dict({},{})
{}.update(1)
{}.update(1,2)
{}.update([(1,)])
{} | 1
{}.__or__(1)
{}.__ior__(1)
dict.fromkeys(1)
dict.fromkeys([[]])
{[]: 1}
set(1)
set([[]])
set(1,2)
set(a=1)
frozenset(a=1)
{[]}
set().remove(1)
set().remove([])
set().pop()
set() | 1
set() < 1
set().union(1)
{1}.add([])
{1} in {1}
[] in {1}
set().discard([])
frozenset([[]])
range()
range('a')
range(1,2,0)
range(1,2,3,4)
range(a=1)
range(1.0)
range(3).index(5)
range(3).index('a')
slice()
slice(1,2,3,4)
slice(a=1)
slice(1,2,0).indices(5)
slice(1,2).indices(-1)
slice(1,2).indices('a')
slice('a',2).indices(5)
hash(slice(1,2,3)) == hash((1,2,3))
hash(slice([],2))
slice(1,2) < slice(1,3)
enumerate()
enumerate(1)
enumerate([],'a')
enumerate([],1,2)
enumerate([],foo=1)
zip(1)
zip([],1)
zip(foo=1)
zip([], strict=1, foo=2)
list(zip([1],[],strict=True))
list(zip([],[1],strict=True))
list(zip([1],[1],[],strict=True))
list(zip([],[],[1],strict=True))
map()
map(1)
map(1,2)
map(int,[],foo=1)
filter()
filter(1)
filter(None,1)
filter(function=None)
reversed()
reversed(1)
reversed({1})
reversed([],1)
reversed(sequence=[])
iter(1)
iter(1,2)
iter(int,0).__reduce__()
next(iter([]))
next(1)
iter([]).__reduce__()
iter([1,2]).__reduce__()
reversed([1,2]).__reduce__()
iter((1,2)).__reduce__()
iter(range(3)).__reduce__()
iter({1}).__reduce__()
iter({1:2}).__reduce__()
iter({1:2}.items()).__reduce__()
reversed({1:2}).__reduce__()
iter([]).__length_hint__()
iter([1]).__setstate__('a')
iter([1]).__setstate__(-5)
reversed('abc').__reduce__()
repr({}.keys())
repr({1:2}.items())
{1:2}.keys() & [1]
{1:2}.keys() | 1
{1:2}.items() - {(1,2)}
{1:2}.keys() < 1
{1:2}.keys().mapping
type({}.keys())()
type(iter([]))()
hash({}.keys())
hash([])
hash({})
hash(set())
set([1]).__reduce__()
frozenset([1]).__reduce__()
(1,2).__getnewargs__()
list[int]
repr(set())
repr(frozenset())
repr(frozenset([1]))
[1].__getitem__(slice(None,None,-1))
[1].clear(1)
[1].append()
[1].append(1,2)
[1].insert(1)
[1].index()
[1].pop(1,2)
{}.get()
{}.get(1,2,3)
{}.pop()
{}.setdefault()
{}.fromkeys()
[3,1].sort(key=1)
[1].__class_getitem__(int)
[].__init__(1,2)
[].__init__(a=2)
set().__init__(1,2)
frozenset(1,2)
frozenset([1],[2])
""".splitlines():
    show(line)
