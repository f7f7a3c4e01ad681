# Objects as bytes and back: every protocol writes what CPython writes, reads it, and fails where and as CPython does.
import collections
import copyreg
import datetime
import decimal
import enum
import fractions
import functools
import io
import pickle
import pickletools
import sys
import types

# The program may run as something other than `__main__`; its classes are found in a module of their own.
here = types.ModuleType('here')
sys.modules['here'] = here


def home(thing):
    thing.__module__ = 'here'
    for inner in list(vars(thing).values()):
        inner = getattr(inner, '__func__', inner)
        if isinstance(inner, types.FunctionType):
            inner.__module__ = 'here'
    setattr(here, thing.__qualname__, thing)
    return thing


@home
class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __eq__(self, other):
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def method(self):
        return 'method'


@home
class Slotted:
    __slots__ = 'a', 'b'

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __eq__(self, other):
        return (self.a, self.b) == (other.a, other.b)


@home
class Mixed(Slotted):
    def __init__(self, a, b, c):
        super().__init__(a, b)
        self.c = c


@home
class Stateful:
    def __getstate__(self):
        return ['state', self.x]

    def __setstate__(self, state):
        self.x = state[1]

    def __eq__(self, other):
        return self.x == other.x


@home
class Args(tuple):
    def __new__(cls, *args):
        return super().__new__(cls, args)

    def __getnewargs__(self):
        return tuple(self)


@home
class Keywords:
    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        self.seen = args, kwargs
        return self

    def __getnewargs_ex__(self):
        return self.seen[0], self.seen[1]

    def __eq__(self, other):
        return self.seen == other.seen


@home
class MyList(list):
    pass


@home
class MyDict(dict):
    pass


@home
class MySet(set):
    pass


@home
class MyInt(int):
    pass


@home
class MyStr(str):
    pass


@home
class MyBytes(bytes):
    pass


@home
class Color(enum.Enum):
    RED = 1
    BLUE = 'b'


Point = home(collections.namedtuple('Point', 'x y'))


@home
class Meta(type):
    pass


@home
class WithMeta(metaclass=Meta):
    pass


@home
class Outer:
    class Inner:
        def method(self):
            return 1


Outer.Inner.__module__ = Outer.Inner.method.__module__ = 'here'


@home
def function():
    return 'function'


@home
class Reduced:
    def __init__(self, *parts):
        self.parts = parts

    def __reduce_ex__(self, protocol):
        return self.parts if len(self.parts) != 1 else self.parts[0]


@home
def set_state(obj, state):
    obj.append(state)


slotted = Slotted(1, 'two')
stateful = Stateful()
stateful.x = {1: 2}

# Strings that are the same text here are one object, so that it is in the memo once on every implementation.
SHARED = 'shared'
OBJECTS = {
    'none': None, 'true': True, 'false': False,
    'ints': [0, 1, -1, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63, -2**63,
             2**64, -2**64, 10**30, -10**30],
    'long ints': [1 << 2000, -(1 << 2000), (1 << 2039) - 1, 1 << 2039, -(1 << 2039), -(1 << 2047), 1 << 2048],
    'floats': [0.0, -0.0, 1.5, -1e300, 5e-324, float('inf'), float('-inf'), 1e16, 0.1],
    'complex': 1.5 - 2j,
    'strings': ['', 'plain', 'é', '\u20ac', '\U0001f600', '\ud800x', 'a\nb\\c\0\r\x1a', 'x' * 255, 'y' * 256],
    'bytes': [b'', b'abc', bytes(range(256)), b'z' * 300],
    'bytearrays': [bytearray(), bytearray(b'abc'), bytearray(b'q' * 300)],
    'tuples': [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((), ((),))],
    'lists': [[], [1], [1, 2], [[]], list(range(5))],
    'dicts': [{}, {1: 2}, {SHARED: 1, 2: SHARED}, {(): {}}],
    'sets': [set(), {1}, frozenset(), frozenset([7])],
    'shared': [SHARED, SHARED, (SHARED,), [SHARED]],
    'range': range(1, 10, 2), 'slice': slice(1, None, 2), 'ellipsis': ..., 'not implemented': NotImplemented,
    'types': [int, type(None), type(...), type(NotImplemented), list, type, object],
    'builtin': [len, 'abc'.upper, [].append], 'builtin method': dict.fromkeys, 'slot': int.__add__,
    'function': function, 'class': Plain, 'nested': Outer.Inner, 'nested method': Outer.Inner.method,
    'metaclass': WithMeta,
    'plain': Plain(x=1, y=[2], z=SHARED), 'empty plain': Plain(),
    'slots': slotted, 'mixed': Mixed(1, 2, 3), 'stateful': stateful,
    'new args': Args(1, 'a'), 'new keywords': Keywords(1, k='v'),
    'subclasses': [MyList([1, 2]), MyDict(a=1), MySet([1]), MyInt(5), MyStr('s'), MyBytes(b'b')],
    'enum': [Color.RED, Color.BLUE, Color.RED], 'namedtuple': Point(1, 2),
    'ordered': collections.OrderedDict(a=1), 'deque': collections.deque([1, 2], 5),
    'counter': collections.Counter([3]), 'default': collections.defaultdict(list, a=[1]),
    'numbers': [decimal.Decimal('1.50'), fractions.Fraction(1, 3)],
    'dates': [datetime.date(2020, 1, 2), datetime.timedelta(1, 2, 3)],
    'exception': ValueError('message', 1), 'partial': functools.partial(len, 'x'),
    'method': Plain(x=1).method,
    'list items': Reduced(list, (), None, iter([1, 2, 3])),
}


def hexed(data):
    return data.hex() if len(data) < 400 else f'{data[:60].hex()}... {len(data)} {sum(data)} {data[-40:].hex()}'


print('== bytes')
for name, value in OBJECTS.items():
    for protocol in range(2 if name in ('slots', 'mixed') else 0, 4 if name in ('builtin method', 'slot') else 6):
        if name == 'list items':
            value = Reduced(list, (), None, iter([1, 2, 3]))
        data = pickle.dumps(value, protocol)
        print(name, protocol, hexed(data))
        loaded = pickle.loads(data)
        pickletools.dis(data, io.StringIO())
        if name not in ('builtin', 'builtin method', 'slot', 'exception', 'partial', 'method', 'list items'):
            if loaded != value:
                print('  differs:', loaded)
        again = io.BytesIO()
        if name != 'list items':
            pickle.dump(value, again, protocol)
            assert again.getvalue() == data, name
            assert repr(pickle.load(io.BytesIO(data)))[:10] == repr(loaded)[:10]

print('== batches and frames')
for count in (999, 1000, 1001, 2000, 2001):
    for value in (list(range(count)), {i: i for i in range(count)}, set(range(count)), frozenset(range(count)),
                  MyList(range(count)), MyDict.fromkeys(range(count))):
        for protocol in (0, 1, 2, 4):
            data = pickle.dumps(value, protocol)
            print(type(value).__name__, count, protocol, len(data), sum(data), data.count(b'u'), data[-20:].hex())
            assert pickle.loads(data) == value


class Chunks:
    def __init__(self):
        self.chunks = []

    def write(self, data):
        self.chunks.append((type(data).__name__, bytes(data[:12]).hex(), len(data)))


big = [b'a' * 70000, 'b' * 65536, bytearray(b'c' * 65536), b'd' * 65535, 'é' * 40000, list(range(40000)), b'tail']
for protocol in range(6):
    data = pickle.dumps(big, protocol)
    print(protocol, len(data), sum(data))
    assert pickle.loads(data) == big
    if protocol < 3:
        continue
    chunks = Chunks()
    pickle.dump(big, chunks, protocol)
    print(chunks.chunks)
for value in (1, [], 'abc', b'x' * 65536, ['x' * 65536, 1]):
    chunks = Chunks()
    pickle.dump(value, chunks, 4)
    print(chunks.chunks)

print('== recursion')
cycle = []
cycle.append(cycle)
pair = ([],)
pair[0].append(pair)
four = ([], 1, 2, 3)
four[0].append(four)
loop = {}
loop[1] = loop
own = Plain()
own.me = own
inner = Plain()
held = frozenset([])
chain = MyList()
chain.append((chain,))
for value in (cycle, pair, four, loop, own, chain):
    for protocol in range(2 if value is chain else 0, 6):
        data = pickle.dumps(value, protocol)
        print(protocol, hexed(data))
        loaded = pickle.loads(data)
        if isinstance(loaded, list):
            assert loaded[0] is loaded or loaded[0][0] is loaded
        elif isinstance(loaded, tuple):
            assert loaded[0][0] is loaded
        elif isinstance(loaded, dict):
            assert loaded[1] is loaded
        else:
            assert loaded.me is loaded


@home
class Hashed:
    def __hash__(self):
        return 1


member = Hashed()
member.back = frozenset([member])
for protocol in range(6):
    data = pickle.dumps(member.back, protocol)
    print(protocol, hexed(data))
    (loaded,) = pickle.loads(data)
    assert loaded.back == frozenset([loaded])
deep = []
for _ in range(200000):
    deep = [deep]
try:
    if sys.implementation.name == 'cpython':
        raise RecursionError
    pickle.dumps(deep)
except RecursionError:
    print('RecursionError')
while deep:
    deep = deep.pop()


def attempt(label, call):
    try:
        result = call()
    except BaseException as error:
        context = error.__context__
        print(label, type(error).__name__, str(error).split(' at 0x')[0], getattr(error, '__notes__', ''),
              type(context).__name__ if context else '')
    else:
        print(label, '->', repr(result).split(' at 0x')[0])


print('== reductions')


@home
def newobj(*args):
    pass


@home
def newobj_ex(*args):
    pass


newobj.__name__ = '__newobj__'
newobj_ex.__name__ = '__newobj_ex__'
nameless = lambda: 0
nameless.__module__ = 'here'
REDUCTIONS = {
    'int': lambda: (1,), 'none': lambda: (None,), 'empty': lambda: ((),), 'seven': lambda: (1,) * 7,
    'not callable': lambda: (1, ()), 'list args': lambda: (list, []),
    'list items': lambda: (list, (), None, [1]), 'dict items': lambda: (dict, (), None, None, [1]),
    'setter': lambda: (list, (), 1, None, None, 1),
    'newobj empty': lambda: (newobj, ()), 'newobj int': lambda: (newobj, (1,)), 'newobj other': lambda: (newobj, (int,)),
    'ex empty': lambda: (newobj_ex, ()), 'ex int': lambda: (newobj_ex, (1, (), {})),
    'ex other': lambda: (newobj_ex, (int, (), {})), 'ex args': lambda: (newobj_ex, (int, 1, {})),
    'ex kwargs': lambda: (newobj_ex, (int, (), 1)),
    'name': lambda: ('function',), 'wrong name': lambda: ('nowhere',), 'dotted name': lambda: ('a.b',),
    'pair': lambda: (dict, (), None, None, iter([1])), 'second pair': lambda: (dict, (), None, None, iter([(1, 2), 3])),
    'bad callable': lambda: (nameless, ()), 'bad args': lambda: (list, (1, nameless)),
    'bad state': lambda: (list, (), nameless), 'bad setter': lambda: (list, (), 1, None, None, nameless),
    'bad state for setter': lambda: (list, (), nameless, None, None, set_state),
    'bad items': lambda: (list, (), None, iter([1, 2, nameless])),
    'bad pairs': lambda: (dict, (), None, None, iter([(1, 2), ('key', nameless)])),
    'bad key': lambda: (dict, (), None, None, iter([(1, 2), (nameless, 3)])),
    'state': lambda: (Plain, (), {'a': 1}), 'slot state': lambda: (Plain, (), (None, {'a': 1})),
    'both states': lambda: (Plain, (), ({'a': 1}, {'b': 2})),
    'with setter': lambda: (list, (), 'state', None, None, set_state),
    'everything': lambda: (MyDict, (), {'a': 1}, None, iter([(1, 2)])),
    'one item': lambda: (list, (), None, iter([1])), 'no items': lambda: (list, (), None, iter([])),
}
for name, parts in REDUCTIONS.items():
    for protocol in (0, 2, 4):
        attempt(f'{name} {protocol}', lambda: pickle.dumps(Reduced(*parts()), protocol))
    attempt(f'{name} load', lambda: vars(loaded) if isinstance(loaded := pickle.loads(pickle.dumps(Reduced(*parts()))), Plain)
            else loaded)

print('== notes')
for value in ([1, nameless], (1, nameless), (1, 2, 3, 4, nameless), {'a': nameless}, {nameless: 1}, frozenset([nameless]),
              {nameless}, [[({},), {'x': [nameless]}]], MyList([nameless]), MyDict(k=nameless), Plain(x=nameless)):
    for protocol in (0, 1, 3, 5):
        attempt(f'{type(value).__name__} {protocol}', lambda: pickle.dumps(value, protocol))

print('== names')


def local():
    class Local:
        pass
    return Local


Lost = type('Lost', (), {'__module__': 'here'})
Twin = type('Plain', (), {'__module__': 'here'})
homeless = type('Homeless', (), {'__module__': None})
Nowhere = type('Nowhere', (), {'__module__': 'here.nowhere'})
Empty = type('Empty', (), {'__module__': ''})
Number = type('Number', (), {'__module__': 3})
for value in (local(), local()(), Lost, Twin, homeless, Nowhere, Empty, Number, Lost()):
    attempt('name', lambda: pickle.dumps(value))
here.Homeless = homeless
attempt('found', lambda: pickle.loads(pickle.dumps(homeless)) is homeless)
Accent = type('Accént', (), {'__module__': 'here'})
setattr(here, 'Accént', Accent)
accent = sys.modules['modé'] = types.ModuleType('modé')
accent.Thing = type('Thing', (), {'__module__': 'modé'})
for protocol in range(6):
    attempt(f'accent {protocol}', lambda: pickle.dumps(Accent, protocol))
    attempt(f'accent module {protocol}', lambda: pickle.dumps(accent.Thing, protocol))

print('== names of Python 2')
import itertools, urllib.parse
for value in (range(2), map, itertools.filterfalse, urllib.parse.urlparse, OSError, copyreg._reconstructor, dict):
    for protocol in (0, 2, 3):
        print(pickle.dumps(value, protocol))
        print(pickle.dumps(value, protocol, fix_imports=False))
attempt('xrange', lambda: pickle.loads(b'c__builtin__\nxrange\n.'))
attempt('not fixed', lambda: pickle.loads(b'c__builtin__\nxrange\n.', fix_imports=False))
attempt('protocol 3', lambda: pickle.loads(b'\x80\x03c__builtin__\nxrange\n.'))

print('== extensions')
for code in (1, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff):
    copyreg.add_extension('here', 'Plain', code)
    for protocol in (1, 2, 4):
        data = pickle.dumps(Plain, protocol)
        print(code, protocol, data)
        assert pickle.loads(data) is Plain
        assert pickle.loads(data) is Plain
    copyreg.remove_extension('here', 'Plain', code)
    attempt('unregistered', lambda: pickle.loads(data and pickle.dumps(1)[:-1] + b'\x84' + code.to_bytes(4, 'little') + b'.'))
for code in (0, -1, 1 << 80, 'x'):
    copyreg._extension_registry['here', 'Plain'] = code
    attempt(f'code {code}', lambda: pickle.dumps(Plain, 2))
del copyreg._extension_registry['here', 'Plain']
for pair in (1, (1,), (1, 2), ('here', 3)):
    copyreg._inverted_registry[9] = pair
    attempt(f'pair {pair}', lambda: pickle.loads(b'\x82\x09.'))
del copyreg._inverted_registry[9]

print('== picklers')


class Persistent(pickle.Pickler):
    def persistent_id(self, obj):
        return ('id', 7) if isinstance(obj, Plain) else None


class Ascii(pickle.Pickler):
    def persistent_id(self, obj):
        return {'a': 'plain', 'b': 'é', 'c': 5}.get(obj) if isinstance(obj, str) else None


class Loader(pickle.Unpickler):
    def persistent_load(self, pid):
        return f'<{pid!r}>'

    def find_class(self, module, name):
        print('  find', module, name, end='; ')
        return super().find_class(module, name)


def dumped(kind, value, *args, **kwargs):
    file = io.BytesIO()
    kind(file, *args, **kwargs).dump(value)
    return file.getvalue()


for protocol in range(6):
    attempt(f'persistent {protocol}', lambda: dumped(Persistent, [1, Plain(), (Plain(),)], protocol))
    attempt(f'loaded {protocol}', lambda: Loader(io.BytesIO(dumped(Persistent, [1, Plain(), Color.RED], protocol))).load())
    for text in 'abc':
        attempt(f'ascii {protocol}', lambda: dumped(Ascii, [text], protocol))
    attempt(f'no load {protocol}', lambda: pickle.loads(dumped(Persistent, Plain(), protocol)))


class Overriding(pickle.Pickler):
    def reducer_override(self, obj):
        if obj is function:
            return str, ('overridden',)
        if obj is Plain:
            return 'Plain'
        if obj is Outer:
            return 5
        return NotImplemented


for value in (function, Plain, Outer, [function, function, str], Plain(x=function)):
    attempt('override', lambda: dumped(Overriding, value))
attempt('override', lambda: pickle.loads(dumped(Overriding, [function, function])))


class Tabled(pickle.Pickler):
    dispatch_table = {Plain: lambda obj: (str, ('tabled',)), complex: lambda obj: 5}


class Missing(dict):
    def __missing__(self, key):
        print('  missing', key.__name__, end='; ')
        raise KeyError(key)


for value in (Plain(), 1j, Slotted(1, 2)):
    attempt('table', lambda: dumped(Tabled, value))
pickler = pickle.Pickler(file := io.BytesIO())
pickler.dispatch_table = Missing()
attempt('missing', lambda: (pickler.dump(Point(1, 2)), file.getvalue()))
pickler.dispatch_table = {Plain: lambda obj: 'Plain'}
attempt('wrong', lambda: pickler.dump(Plain()))
pickler.dispatch_table = 5
attempt('no table', lambda: pickler.dump(Plain()))
copyreg.pickle(Plain, lambda obj: (str, ('registered',)))
attempt('registered', lambda: pickle.loads(pickle.dumps(Plain())))
del copyreg.dispatch_table[Plain]

file = io.BytesIO()
pickler = pickle.Pickler(file, 4)
shared = ['shared']
pickler.dump(shared)
size = file.tell()
pickler.dump(shared)
print(file.getvalue()[size:], sorted(entry for entry, _ in pickler.memo.copy().values()))
pickler.memo = saved = pickler.memo
print(len(pickler.memo.copy()), type(saved).__name__, type(pickler.memo.__reduce__()[1][0]))
pickler.clear_memo()
print(pickler.memo.copy())
pickler.memo = {1: (0, shared)}
size = file.tell()
pickler.dump(shared)
print(file.getvalue()[size:])
pickler.memo.clear()
print(pickler.memo.copy(), pickler.bin, pickler.fast)
unpickler = pickle.Unpickler(io.BytesIO(pickle.dumps(shared, 4) + b'\x80\x04h\x00h\x01\x86.'))
print(unpickler.load(), unpickler.memo.copy(), unpickler.load())
unpickler.memo = unpickler.memo
unpickler.memo.clear()
print(unpickler.memo.copy())

fast = pickle.Pickler(file := io.BytesIO(), 2)
fast.fast = 1
fast.dump([shared, shared, {1: shared}, 'text'])
print(file.getvalue(), fast.fast)
attempt('cyclic', lambda: fast.dump(cycle))


def set_attribute(obj, name, *value):
    setattr(obj, name, *value) if value else delattr(obj, name)


pickler = pickle.Pickler(io.BytesIO())
unpickler = pickle.Unpickler(io.BytesIO(b'N.'))
for call in (
        lambda: pickler.persistent_id(1), lambda: unpickler.persistent_load(1),
        lambda: set_attribute(pickler, 'persistent_id', 3), lambda: pickler.persistent_id, lambda: pickler.dump(1),
        lambda: set_attribute(pickler, 'persistent_id'), lambda: pickler.dump(1),
        lambda: set_attribute(pickler, 'other', 3), lambda: set_attribute(pickler, 'fast', 'a'),
        lambda: set_attribute(pickler, 'bin'), lambda: pickler.dispatch_table,
        lambda: set_attribute(pickler, 'dispatch_table'), lambda: set_attribute(pickler, 'memo', 5),
        lambda: set_attribute(pickler, 'memo', {1: 2}), lambda: set_attribute(pickler, 'memo', {1: ('a', 2)}),
        lambda: set_attribute(pickler, 'memo'), lambda: hash(pickler.memo),
        lambda: set_attribute(unpickler, 'memo', 5), lambda: set_attribute(unpickler, 'memo', {'a': 2}),
        lambda: set_attribute(unpickler, 'memo', {-1: 2}), lambda: set_attribute(unpickler, 'memo'),
        lambda: set_attribute(unpickler, 'persistent_load', repr), lambda: unpickler.persistent_load,
        lambda: unpickler.load(), lambda: unpickler.load(),
        lambda: pickle.Pickler(1), lambda: pickle.Unpickler(1), lambda: pickle.dumps(1, 6), lambda: pickle.dumps(1, -1),
        lambda: pickle.dumps(1, 'a'), lambda: pickle.dumps(1, 4, buffer_callback=print),
        lambda: type('P', (pickle.Pickler,), {'__init__': lambda self: None})().dump(1),
        lambda: type('U', (pickle.Unpickler,), {'__init__': lambda self: None})().load(),
        lambda: pickle.loads('text'), lambda: pickle.loads(5), lambda: pickle.load(5),
        lambda: pickle.dump(1, io.StringIO())):
    attempt('attribute', call)

print('== buffers')


@home
class Buffered:
    def __init__(self, data):
        self.data = data

    def __reduce_ex__(self, protocol):
        return Buffered, (pickle.PickleBuffer(self.data),)


for data in (b'abc', bytearray(b'abc'), memoryview(b'abcdef'), memoryview(bytearray(b'abcdef'))[2:], b'x' * 70000):
    for answer in (None, False, True):
        buffers = []
        pickled = pickle.dumps(Buffered(data), 5, buffer_callback=lambda buffer: buffers.append(buffer) or answer)
        print(hexed(pickled), [bytes(buffer.raw()) [:5] for buffer in buffers])
        loaded = pickle.loads(pickled, buffers=buffers).data
        print(type(loaded).__name__, bytes(loaded)[:5], memoryview(loaded).readonly)
    print(hexed(pickle.dumps(pickle.PickleBuffer(data))))
attempt('protocol', lambda: pickle.dumps(pickle.PickleBuffer(b''), 4))
attempt('gaps', lambda: pickle.dumps(pickle.PickleBuffer(memoryview(b'abcd')[::2])))
attempt('raw gaps', lambda: pickle.PickleBuffer(memoryview(b'abcd')[::2]).raw())
attempt('no buffer', lambda: pickle.PickleBuffer(5))
buffer = pickle.PickleBuffer(array := bytearray(b'abcd'))
view = buffer.raw()
print(bytes(view), view.format, view.shape, view.readonly, bytes(memoryview(buffer)[1:]))
attempt('lent', lambda: array.append(1))
view.release()
buffer.release()
buffer.release()
array.append(1)
for call in (lambda: buffer.raw(), lambda: memoryview(buffer), lambda: pickle.dumps(buffer)):
    attempt('released', call)
attempt('few', lambda: pickle.loads(b'\x97.', buffers=[]))
attempt('none', lambda: pickle.loads(b'\x97.'))
attempt('not iterable', lambda: pickle.loads(b'\x97.', buffers=5))
attempt('readonly', lambda: pickle.loads(b'\x97\x98.', buffers=[bytearray(b'a')]).readonly)
attempt('raised', lambda: pickle.dumps(pickle.PickleBuffer(b''), buffer_callback=lambda buffer: 1 / 0))

print('== broken pickles')


class Raw:
    def __init__(self, data):
        self.file = io.BytesIO(data)

    def read(self, size):
        return self.file.read(size)

    def readline(self):
        return self.file.readline()


class Into(Raw):
    def readinto(self, buffer):
        return self.file.readinto(buffer)


class Peeking(Into):
    def peek(self, size):
        return self.file.getvalue()[self.file.tell():][:max(1, size // 3)]


class Unpeekable(Into):
    def peek(self, size):
        raise NotImplementedError


BROKEN = [
    b'', b'.', b'N', b'0.', b'1.', b'(.', b'(N.', b'N(.', b'(0N.', b'K', b'\x80\x07.', b'\x80', b'zzz', b'\x00', b"'", b'\\',
    b'\xff', b'Pabc\n.', b'P\xff\n.', b'NQ.', b'g1\n.', b'h\x01.', b'j\x01\x00\x00\x00.', b'g-1\n.', b'gx\n.', b'g\n.',
    b'p1\n.', b'Np-1\n.', b'Npx\n.', b'Np5\ng5\n\x86.', b'q\x00.', b'\x94.', b'I1x\n.', b'I\n.', b'I01\n.', b'I00\n.', b'I1\n.',
    b'I0x10\n.', b'I-5\n.', b'I 12\n.', b'I99999999999999999999\n.', b'L1x\n.', b'L12L\n.', b'L12\n.', b'L12xL\n.', b'L\n.',
    b'Fx\n.', b'F1.5\n.', b'F\n.', b'F1_0\n.', b'F 1.5\n.', b'Fnan\n.', b'F-inf\n.', b'F1e5\n.', b'S"a\n.', b"S'a'\n.",
    b"S'\\x41\\n'\n.", b"S'\\x'\n.", b'Sa\n.', b'S\n.', b'S"\n.', b'\x8b\xff\xff\xff\xff.', b'T\xff\xff\xff\xff.',
    b'T\x01\x00\x00\x00a.', b'T\x01\x00\x00\x00\xff.', b'U\x01a.', b'\x95\x08' + bytes(7) + b'.', b'(Nd.', b'(NNd.',
    b'}(Nu.', b']N(Nu.', b'Na.', b'NNa.', b'N(NNe.', b'](e.', b'(a.', b'](a.', b'](Na.', b'}Ns.', b'}NNs.', b'}(NNs.',
    b'N(N\x90.', b'\x8f(N\x90.', b'\x8f(\x90.', b'(N\x91.', b'\x85.', b'(\x85.', b'N(\x86.', b'NN\x86.', b'2.', b'(2.', b'N2\x86.',
    b'R.', b'NR.', b'N)R.', b'NNR.', b'cbuiltins\nint\nNR.', b'N)\x81.', b'cbuiltins\nint\nN\x81.', b'cbuiltins\nint\n)\x81.',
    b'cbuiltins\nint\n)N\x92.', b'cbuiltins\nint\n)}\x92.', b'cbuiltins\nint\nN}\x92.', b'cos\nnope\n.', b'cnope\nx\n.',
    b'c\nx\n.', b'cos\n\n.', b'cos\n', b'cos\nx', b'\x80\x04cos\npath.nope\n.', b'\x80\x04cos\nnope\n.',
    b'\x80\x02cos\npath.join\n.', b'c\xff\nx\n.', b'NN\x93.', b'\x8c\x02os\x8c\x04nope\x93.', b'\x82\x00.', b'\x82\x05.',
    b'\x84\xff\xff\xff\xff.', b'\x97.', b'\x98.', b'N\x98.', b'Nb.', b'NNb.', b'b.', b'(b.', b'N}b.', b'NK\x01b.',
    b'cbuiltins\nint\n)\x81}b.', b'cbuiltins\nint\n)\x81(NK\x01tb.', b'(o.', b'(cbuiltins\nint\no.', b'(cbuiltins\nlist\n(K\x01lo.',
    b'(NNo.', b'(ibuiltins\nint\n.', b'(K\x05ibuiltins\nint\n.', b'(ibuiltins\n', b'(ibuiltins\nint', b'ibuiltins\nint\n.',
    b'(i\xff\nint\n.', b't.', b'l.', b'd.', b'e.', b'u.', b's.', b'a.', b'o.', b'V\\ud800\n.', b'Va\\u12\n.', b'V\n.', b'Vx',
    b'X\x02\x00\x00\x00\xff\xff.', b'X\x02\x00\x00\x00a', b'X\x03\x00\x00\x00\xed\xa0\x80.', b'C\x05ab', b'B\xff\xff\x0f\x00ab',
    b'\x96\x05' + bytes(7) + b'ab', b'\x96\x02' + bytes(7) + b'ab.', b'G123', b'\x8a\x00.', b'\x8a\x02\xff\x7f.', b'\x8a\x01\xff.',
    b'\x8a\x05a', b'p\n.', b'(NNNs.', b'N(Ks.', b'(KKK', b'(lp0\nI1\na.', b'(dp0\nI1\nI2\ns.', b'}K\x01]s.', b'}]Ns.',
    b'\x8f(]\x90.', b'(]\x91.', b'NNr\x10\x27\x00\x00j\x10\x27\x00\x00\x86.',
]
for data in BROKEN:
    attempt(data, lambda: pickle.loads(data))
    expected = None
    for kind in (io.BytesIO, Raw, Into, Peeking, Unpeekable):
        file = kind(data)
        try:
            outcome = repr(pickle.load(file))
            position = (file if kind is io.BytesIO else file.file).tell()
            assert outcome.startswith('<') or position == len(data), (data, kind, position)
        except Exception as error:
            outcome = type(error), str(error)
        if expected is None:
            expected = outcome
        elif outcome != expected:
            print('  ', kind.__name__, outcome, 'not', expected)
for size in (b'\x8e', b'\x8d', b'\x96', b'\x95'):
    try:
        pickle.loads(size + b'\xff' * 8 + b'.')
    except OverflowError as error:
        print(str(error).split(' of ')[0])

print('== several pickles in a file')
values = [1, 'text', [b'a' * 100000, 'x' * 70000, bytearray(b'q' * 300000)], Plain(x=1), {1: 2}]
for protocol in (0, 1, 2, 4, 5):
    file = io.BytesIO()
    for value in values:
        pickle.dump(value, file, protocol)
    for kind in (io.BytesIO, io.BufferedReader, Raw, Into, Peeking, Unpeekable):
        data = file.getvalue() + b'rest'
        opened = kind(io.BytesIO(data)) if kind is io.BufferedReader else kind(data)
        assert [pickle.load(opened) for _ in values] == values, kind
        assert opened.read(10) == b'rest', kind
        opened = kind(io.BytesIO(data)) if kind is io.BufferedReader else kind(data)
        unpickler = pickle.Unpickler(opened)
        assert [unpickler.load() for _ in values] == values, kind
print('read')


class Strange(Raw):
    def __init__(self, data, answer):
        super().__init__(data)
        self.answer = answer

    def read(self, size):
        return self.answer if size > 5 else super().read(size)


for answer in ('text', None, b'', 5, bytearray(b'abcdefgh'), b'abcdefgh'):
    attempt('strange', lambda: pickle.load(Strange(b'C\x08.', answer)))
    attempt('strange', lambda: pickle.load(Strange(b'X\x08\x00\x00\x00.', answer)))

print('== strings of Python 2')
for encoding in ('bytes', 'latin1', 'ASCII', 'utf-8', 'nowhere'):
    for data in (b'U\x01\xe9.', b"S'\\xe9'\n.", b'T\x02\x00\x00\x00\xc3\xa9.', b'U\x01a.'):
        attempt(encoding, lambda: pickle.loads(data, encoding=encoding))
attempt('errors', lambda: pickle.loads(b'U\x02a\xe9.', errors='ignore'))
attempt('load', lambda: pickle.load(io.BytesIO(b'U\x02a\xe9.'), errors='replace', encoding='ascii'))

print('== what attributes get')
key = ''.join(['some', '_', 'attribute'])
loaded = pickle.loads(pickle.dumps(Plain(**{key: 1})))
print(vars(loaded), [k is sys.intern(key) for k in vars(loaded)])


@home
class Guarded:
    def __setattr__(self, name, value):
        raise AttributeError(name)

    @property
    def shown(self):
        return 'property'


print(vars(pickle.loads(pickle.dumps(Reduced(Guarded, (), {'shown': 1, 'b': 2})))))
attempt('slots', lambda: pickle.loads(pickle.dumps(Reduced(Guarded, (), (None, {'b': 2})))))
attempt('number keys', lambda: vars(pickle.loads(pickle.dumps(Reduced(Guarded, (), {1: 2, 'a': 3})))))


@home
class Shadowed:
    __dict__ = {}


attempt('shadowed', lambda: pickle.loads(pickle.dumps(Reduced(Shadowed, (), {'x': 1}))).__dict__)


@home
class Extended:
    def extend(self, items):
        print('  extend', items, end='; ')


@home
class Appended:
    def append(self, item):
        print('  append', item, end='; ')

    def __setitem__(self, key, value):
        print('  set', key, value, end='; ')

    def add(self, item):
        print('  add', item, end='; ')


for kind in (Extended, Appended, MyList):
    for items in ([1], [1, 2]):
        attempt(kind.__name__, lambda: type(pickle.loads(pickle.dumps(Reduced(kind, (), None, iter(items))))))
attempt('set', lambda: type(pickle.loads(pickle.dumps(Reduced(Appended, (), None, None, iter([(1, 2), (3, 4)]))))))
attempt('add', lambda: type(pickle.loads(b'chere\nAppended\n)R(K\x01K\x02\x90.')))

print('== the pure version agrees')
for name, value in OBJECTS.items():
    if name == 'list items':
        continue
    for protocol in range(2 if name in ('slots', 'mixed') else 0, 6):
        written = pickle._dumps(value, protocol)
        if written != pickle.dumps(value, protocol):
            print('differs', name, protocol)
        if name not in ('builtin', 'builtin method', 'slot', 'exception', 'partial', 'method'):
            assert pickle._loads(pickle.dumps(value, protocol)) == value
            assert pickle.loads(written) == value
print(pickle.Pickler.__module__, pickle.PickleBuffer, pickle.PicklingError.__mro__[1].__name__)
