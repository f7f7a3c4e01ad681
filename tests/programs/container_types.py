import types
from collections.abc import Callable
from typing import ParamSpec, TypeVar, TypeVarTuple, Union

T, U, P, Ts = TypeVar("T"), TypeVar("U"), ParamSpec("P"), TypeVarTuple("Ts")


class S(set): pass
class F(frozenset): pass
class D(dict): pass


names = globals()


def show(source):
    try:
        print(source, "->", repr(eval(source, names)))
    except Exception as error:
        print(source, "->", type(error).__name__ + ":", error)


for line in """\
type(S([1]).copy())
type(S([1])|S([1]))
type(S([1]).union([2]))
type(F([1]).copy())
type(F([1])&{1})
type(S([1]).difference([2]))
type(S([1]).symmetric_difference([2]))
type(D(a=1)|{})
type({}|D(a=1))
type(D(a=1).copy())
frozenset() is frozenset()
frozenset(frozenset()) is frozenset()
repr(S([1])), repr(F([1])), repr(S()), repr(F())
dict([1])
dict([1,2])
dict.fromkeys([1])
D.fromkeys([1])
list[int].__parameters__
list[T][int]
list[T, U][int]
list[int][int]
dict[T, U][int]
dict[str, T][int, str]
list[T][int, str]
repr(list[int, ...])
repr(list[None])
repr(tuple[()])
repr(list[[int, T]])
repr(Callable[[int], T])
list[int].__origin__, list[int].__args__, list[int].append
list[int].__mro_entries__(())
isinstance([], list[int])
issubclass(list, list[int])
list[int]((1,2))
list[int].__reduce__()
list(list[int])
repr(next(iter(tuple[int])))
next(iter(tuple[int])).__typing_unpacked_tuple_args__
type(iter(tuple[int]))
iter(tuple[int]).__reduce__()
types.GenericAlias(list, int)
types.GenericAlias(list)
types.GenericAlias(list, int, x=1)
list[int] | None
int | str
int | 'str'
None | int
int | None | int
int | list[T]
(int | list[T])[str]
hash(int|str) == hash(str|int), (int|str)==(str|int)
(int|str).__mro_entries__(())
type(int|str)()
isinstance(1, int|str)
isinstance(1, int|list[int])
int | 5
(int|str) < 1
list[*Ts][int, str]
tuple[*Ts, T][int, str, float]
repr(tuple[*Ts])
types.MappingProxyType(1)
types.MappingProxyType([])
types.MappingProxyType({1:2})
types.MappingProxyType({1:2}) | {3:4}
types.MappingProxyType({1:2}).__ior__({})
hash(types.MappingProxyType({}))
types.MappingProxyType({1:2}) == {1:2}
types.MappingProxyType(mapping={1:2})
types.MappingProxyType()
types.MappingProxyType({}).get()
types.SimpleNamespace(a=1,b=2)
types.SimpleNamespace({'a':1}, b=2)
types.SimpleNamespace({1:1})
types.SimpleNamespace(1,2)
types.SimpleNamespace([('a',1)])
types.SimpleNamespace(a=1) == types.SimpleNamespace(a=1)
types.SimpleNamespace(a=1).__reduce__()
types.SimpleNamespace(a=1) < types.SimpleNamespace(a=1)
type('X',(types.SimpleNamespace,),{})(z=1)
types.SimpleNamespace(a=1).__replace__(1)
{1:2}.items() ^ {1:3}.items()
{1:2}.keys() == {1}
[1] - {1:2}.keys()
{1:2}.keys().isdisjoint([1])
{1:2}.keys().isdisjoint(1)
(1,2) in {1:2}.items()
D({1:2}).__repr__()
range(10)[2:5], range(10)[::-1], range(0,10,3)[-1], repr(range(1,10,2)), hash(range(0))==hash(range(1,1)), range(0,3,2)==range(0,4,2)
2**70 in range(2**71), 1.0 in range(3), 'a' in range(3)
range(3) < range(4)
range(True), range(2).start
range(1,2,'a')
Union[int, "str"]
Union[()]
Union[int, 5]
""".splitlines():
    show(line)
