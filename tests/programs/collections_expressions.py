from _collections import _count_elements, _tuplegetter
from collections import OrderedDict, defaultdict, deque
from functools import Placeholder as P, cmp_to_key, partial, reduce
from operator import add, attrgetter, concat, iconcat, itemgetter, methodcaller
import _collections, _functools, _heapq, operator


class DD(defaultdict): pass
class OD(OrderedDict): pass
class DQ(deque): pass
class PP(partial): pass


def f(*args, **keywords):
    return args, keywords


names = globals()


def show(source):
    try:
        print(source, "->", repr(eval(source, names)))
    except Exception as error:
        print(source, "->", type(error).__name__ + ":", error)


for line in """\
deque(1)
deque([1],maxlen=-1)
deque([1],'a')
deque([1],1,2)
deque(foo=1)
deque(iterable=[1],maxlen=3)
DQ([1,2],3)
deque().pop()
deque().popleft()
deque()[0]
deque([1])[5]
deque([1])['a']
deque([1])[0:1]
deque([1]).__setitem__(5,1)
deque([1]).__delitem__(5)
deque([1]).index(5)
deque([1]).index(5,'a')
deque([1]).remove(5)
deque([1],1).insert(0,5)
deque([1]).insert('a',1)
deque([1]) + [1]
deque([1]) + deque([2])
deque([1]) * 'a'
deque([1],3) * 5
deque([1]) < [1]
deque([1]) == deque([1])
deque([1]).rotate('a')
deque([1]).rotate(1.5)
deque([1]).maxlen
type(iter(deque()))(deque([1,2]), 1).__next__()
hash(deque())
deque([1]).extend(1)
defaultdict(1)
defaultdict(int, a=1)
defaultdict(None)
DD(list)
defaultdict(int)['x']
defaultdict(None)['x']
defaultdict(int,a=1)|{'b':2}
{'b':2}|defaultdict(int,a=1)
type({'b':2}|defaultdict(int,a=1))
defaultdict(int,a=1).copy()
defaultdict(int,{},{})
defaultdict(int).__missing__()
defaultdict(int).default_factory
OrderedDict(a=1,b=2)
OD(a=1)
OrderedDict()
OrderedDict(1)
OrderedDict(1,2)
OrderedDict([(1,2,3)])
OrderedDict([1])
OrderedDict().update(1,2)
OrderedDict().update(1)
OrderedDict().popitem()
OrderedDict().pop(1)
OrderedDict().move_to_end(1)
OrderedDict(a=1).keys()
OrderedDict(a=1).items()
OrderedDict(a=1).values()
type(OrderedDict(a=1).keys()).__mro__
OrderedDict(a=1) == {'a':1}
OrderedDict(a=1,b=2) == OrderedDict(b=2,a=1)
OrderedDict(a=1) | {'b':2}
{'b':2} | OrderedDict(a=1)
OrderedDict(a=1) | 1
OrderedDict(a=1).__ior__(1)
OrderedDict(a=1) < {}
OrderedDict().fromkeys('ab')
OrderedDict(a=1).setdefault()
OrderedDict(a=1).move_to_end('a', last=0)
OrderedDict(a=1)['b']
OrderedDict(a=1).__delitem__('b')
_collections._tuplegetter(0,'doc')
_collections._tuplegetter(0,'doc').__reduce__()
_collections._tuplegetter('a','doc')
_collections._tuplegetter(0,'doc').__get__([])
_collections._tuplegetter(0,'doc').__get__(None,int)
_collections._tuplegetter(0,'doc').__get__(())
_collections._tuplegetter(0,'doc').__set__((),1)
_collections._tuplegetter(0,'doc').__delete__(())
_collections._count_elements({}, 'abca')
partial()
partial(1)
P
type(P)
type(P)() is P
type(P)(1)
P.__reduce__()
type('X',(type(P),),{})
_functools.reduce(add,[])
_functools.reduce(add,1)
_functools.reduce(add,[1,2],initial=5)
_functools.reduce(add)
_functools.cmp_to_key.__text_signature__,_functools.reduce.__text_signature__
_functools._lru_cache_wrapper(f,'a',0,0)
_functools._lru_cache_wrapper(1,1,0,0)
_functools._lru_cache_wrapper(f)
attrgetter()
attrgetter(1)
attrgetter('a.b','c')
attrgetter('a')()
attrgetter('a')(1,2)
attrgetter('a')(1)
attrgetter('real.imag','real')(5)
attrgetter('a').__reduce__()
attrgetter('a')(1,a=2)
attrgetter(a=1)
itemgetter()
itemgetter(1,2)
itemgetter(1)((1,))
itemgetter(0)((1,))
itemgetter(1)()
itemgetter(1).__reduce__()
methodcaller()
methodcaller(1)
methodcaller('a',1,b=2)
methodcaller('a')()
methodcaller('bit_length')(5)
methodcaller('a',1).__reduce__()
methodcaller('a',1,b=2).__reduce__()
concat(1,2)
concat([],1)
iconcat(1,2)
operator.indexOf([1],2)
operator.indexOf(1,2)
operator.countOf([1,1],1)
operator.countOf(1,1)
operator.length_hint([],'a')
operator.length_hint(1,5)
operator._compare_digest('a','a')
operator._compare_digest('a',b'a')
operator._compare_digest('é','a')
operator.call(f,1,a=2)
operator.index('a')
operator.pow(2,3)
operator.contains(1,2)
list(batched('abc',2))
list(batched('abc',2,strict=True))
combinations([],-1)
combinations([])
combinations([],'a')
permutations([1],'a')
permutations([1],-1)
""".splitlines():
    show(line)
