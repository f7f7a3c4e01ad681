"""Builders of deep values, calls without end, and objects that lie, for the cases of this folder."""
import array, binascii, builtins, codecs, collections, copy, functools, hashlib, io, itertools, json, marshal, math, os, pickle, random, re
import select, struct, sys, threading, time, types, warnings, zlib
def nest_list(n):
    x = []
    for i in range(n): x = [x]
    return x
def nest_tuple(n):
    x = ()
    for i in range(n): x = (x,)
    return x
def nest_dict(n):
    x = {}
    for i in range(n): x = {1: x}
    return x
class O: pass
def nest_obj(n):
    x = None
    for i in range(n):
        o = O(); o.next = x; x = o
    return x
def nest_gen(n):
    def g(x): yield x
    x = None
    for i in range(n):
        x = g(x); next(x)
    return x
def nest_partial(n):
    x = int
    for i in range(n):
        x = functools.partial(x); 
        if i % 1 == 0: 
            def f(): pass
            p = functools.partial(f); p.__setstate__((x, (), {}, {})); x = p
    return x
def nest_iter(n):
    x = iter([])
    for i in range(n): x = enumerate(x)
    return x
def nest_map(n):
    x = iter([1])
    for i in range(n): x = map(abs, x)
    return x
def nest_chain(n):
    x = iter([1])
    for i in range(n): x = itertools.chain(x)
    return x
def nest_exc(n):
    x = Exception()
    for i in range(n):
        y = Exception(x); y.__context__ = x; x = y
    return x
def nest_cell(n):
    x = None
    def mk(v):
        return lambda: v
    for i in range(n): x = mk(x)
    return x
def nest_method(n):
    x = None
    for i in range(n): x = types.MethodType(len, [x])
    return x
def nest_slice(n):
    x = None
    for i in range(n): x = slice(x)
    return x
def nest_view(n):
    x = memoryview(b'a')
    for i in range(n): x = memoryview(x)
    return x
def nest_union(n):
    x = int
    for i in range(n): x = x | list[x]
    return x
def nest_class(n):
    class A: pass
    for i in range(n): A = type('A', (A,), {})
    return A
def del_deep(x):
    del x
def rec(): return rec()
def cls(**k):
    return type('R', (), k)
def rec_getattr(): return cls(__getattr__=lambda s, n: getattr(s, n + 'x'))().a
def rec_repr(): return repr(cls(__repr__=lambda s: repr(s))())
def rec_eq(): return cls(__eq__=lambda s, o: s == o)() == 1
def rec_hash(): return hash(cls(__hash__=lambda s: hash(s))())
def rec_call():
    R = cls(); R.__call__ = R(); return R()()
def rec_iter(): return iter(cls(__iter__=lambda s: iter(s))())
def rec_key():
    def key(x): return sorted([1], key=key)
    return key(1)
def rec_add(): return cls(__add__=lambda s, o: s + o)() + 1
def rec_format(): return format(cls(__format__=lambda s, o: format(s, o))())
def rec_len(): return len(cls(__len__=lambda s: len(s))())
def rec_bool(): return bool(cls(__bool__=lambda s: bool(s))())
def rec_contains(): return 1 in cls(__contains__=lambda s, o: o in s)()
def rec_init(): 
    class R:
        def __init__(s): R()
    R()
def rec_new(): 
    class R:
        def __new__(s): return R()
    R()
def rec_property():
    class R:
        @property
        def a(s): return s.a
    R().a
def rec_str():
    class R:
        def __str__(s): return str(s)
    str(R())
def rec_set_name():
    class D:
        def __set_name__(s, o, n): type('X', (), {'d': D()})
    type('X', (), {'d': D()})
def rec_gen():
    def g(): yield from g()
    next(g())
def rec_instancecheck():
    class M(type):
        def __instancecheck__(s, x): return isinstance(x, s)
    return isinstance(1, M('A', (), {}))
def rec_del():
    class R:
        def __del__(s): R()
    for i in range(3):
        n[0] = 0
    class R2:
        k = 0
        def __del__(s):
            R2.k += 1
            if R2.k < 100000: R2()
    R2()
    return R2.k
n = [0]
def rec_map():
    def f(x): return list(map(f, [x]))
    f(1)
def rec_reduce():
    def f(x, y): return functools.reduce(f, [1, 2])
    f(1, 2)
def rec_lru():
    @functools.lru_cache(None)
    def f(x): return f(x + 1)
    f(0)
def rec_sorted():
    class R:
        def __lt__(s, o): return sorted([R(), R()])
    sorted([R(), R()])
def rec_exec():
    def f(): exec('f()', {'f': f})
    f()
def rec_import():
    class L:
        def find_spec(s, *a): __import__('zz%d' % len(sys.modules)); return None
    sys.meta_path.insert(0, L())
    import zzz
def rec_async():
    async def f(): await f()
    f().send(None)
def rec_descr():
    class D:
        def __get__(s, o, t): return o.d
    class R: d = D()
    R().d
def rec_getitem():
    class R:
        def __getitem__(s, i): return s[i]
    R()[0]
def rec_index():
    class R:
        def __index__(s): return [1][s]
    [1][R()]
def rec_exc():
    def f():
        try: 1/0
        finally: f()
    f()
def rec_context():
    def f():
        try: f()
        except RecursionError: f2()
    def f2(): 1/0
    f()
def rec_yield_from():
    def g(n):
        if n: yield from g(n - 1)
        yield 1
    return sum(g(100000))
def rec_missing():
    class D(dict):
        def __missing__(s, k): return s[k]
    D()[1]
def rec_abc():
    import abc
    class A(abc.ABC):
        @classmethod
        def __subclasshook__(c, s): return issubclass(s, c)
    isinstance(1, A)
def rec_warn():
    import warnings
    def w(*a, **k): warnings.warn('x')
    warnings.showwarning = w
    warnings.simplefilter('always')
    warnings.warn('x')
def rec_print():
    class S:
        def write(s, t): print(t, file=s)
    print(1, file=S())
def rec_trace():
    def t(f, e, a):
        rec()
    sys.settrace(t)
    def f(): pass
    f()
def io_seek_write():
    b = io.BytesIO(); b.seek(2**62); b.write(b'a')
def io_sio_seek_write():
    b = io.StringIO(); b.seek(2**60); b.write('a')
def set_closure():
    def f(): pass
    f.__closure__ = ()
def set_code():
    def f(): pass
    def mk(x): return lambda: x
    f.__code__ = mk(1).__code__
def gen_running():
    def g(): yield next(it)
    it = g()
    next(it)
def mutate_list_sort():
    l = list(range(100))
    l.sort(key=lambda x: l.clear() or l.append(1) or 0)
def mutate_dict_iter():
    d = {i: i for i in range(10)}
    for k in d: d.pop(k); d[k + 100] = 1; d.clear()
def mutate_set_iter():
    d = {i for i in range(10)}
    for k in d: d.clear(); d.add(1); d.add(2)
def mutate_dict_eq():
    class K:
        def __hash__(s): return 1
        def __eq__(s, o): d.clear(); return False
    d = {}
    for i in range(10): d[K()] = K()
    e = {K(): K() for i in range(10)}
    return d == e
def mutate_list_eq():
    class K:
        def __eq__(s, o): l.clear(); m.clear(); return True
    l = [K() for i in range(10)]; m = [K() for i in range(10)]
    return l == m
def mutate_deque_iter():
    d = collections.deque(range(10))
    for x in d: d.append(1)
def mutate_bytearray_export():
    b = bytearray(b'abc'); m = memoryview(b)
    b.clear()
def mutate_list_index():
    class K:
        def __eq__(s, o): l.clear(); return False
    l = [K() for i in range(10)]
    l.index(1)
def mutate_slice_assign():
    def g():
        l.clear(); yield 1
    l = list(range(10))
    l[2:5] = g()
def bad_len(): len(cls(__len__=lambda s: -1)())
def bad_len_huge(): len(cls(__len__=lambda s: 2**70)())
def bad_hint():
    class I:
        def __iter__(s): return iter([1])
        def __length_hint__(s): return 2**62
    return list(I())
def bad_index(): [1][cls(__index__=lambda s: 'a')()]
def bad_hash(): hash(cls(__hash__=lambda s: 'a')())
def bad_iter(): iter(cls(__iter__=lambda s: 1)())
def bad_bool(): bool(cls(__bool__=lambda s: 1)())
def bad_repr(): repr(cls(__repr__=lambda s: 1)())
def bad_mro():
    class M(type):
        def mro(c): return [1, 2]
    M('A', (), {})
def bad_fspath(): open(cls(__fspath__=lambda s: 1.5)())
def bad_str_new():
    class S(str): 
        def __new__(c, *a): return 1
    return S('a')
def bad_metaclass_call():
    class A(metaclass=lambda *a: 1): pass
    return A
def bad_class_cell():
    class M(type):
        def __new__(m, n, b, d): d.pop('__classcell__', None); return type.__new__(m, n, b, d)
    class A(metaclass=M):
        def f(s): return __class__
def bad_sys_modules():
    sys.modules = None
    import antigravity
def bad_builtins():
    import builtins
    builtins.__import__ = None
    import foo
def no_builtins():
    exec('print(1)', {'__builtins__': {}})
def bad_stdout():
    class S:
        def write(s, t): raise ValueError
    o = sys.stdout; sys.stdout = S()
    try: print(1)
    finally: sys.stdout = o
def bad_stderr():
    sys.stderr = 1
    raise KeyError
def bad_excepthook():
    return 1
def bad_del():
    class R:
        def __del__(s): raise ValueError('x')
    e = sys.stderr; sys.stderr = None
    R(); sys.stderr = e
def weak_callback_dies():
    import weakref
    o = O(); l = []
    r = weakref.ref(o, lambda r: l.clear()); l.append(r); del r, o
def gc_in_del():
    import gc
    class R:
        def __del__(s): gc.collect()
    for i in range(10):
        r = R(); r.r = r
    del r; gc.collect()
def resurrect():
    l = []
    class R:
        def __del__(s): l.append(s)
    R(); l.clear(); 
def thread_rec():
    r = []
    def f():
        try: rec()
        except RecursionError as e: r.append(e)
    t = threading.Thread(target=f); t.start(); t.join()
    raise r[0]
def thread_raise():
    e = sys.stderr; sys.stderr = io.StringIO()
    t = threading.Thread(target=lambda: 1/0); t.start(); t.join()
    sys.stderr = e
def thread_many():
    ts = [threading.Thread(target=rec_quiet) for i in range(50)]
    for t in ts: t.start()
    for t in ts: t.join()
def rec_quiet():
    try: rec_repr()
    except RecursionError: pass


def outcome(expression):
    """The name of the exception that an expression raises, or 'ok'."""
    state = sys.modules, sys.stdout, sys.stderr, sys.meta_path[:], builtins.__import__, warnings.showwarning
    try:
        try:
            eval(expression)
        finally:
            sys.settrace(None)
            sys.setrecursionlimit(1000)
            sys.modules, sys.stdout, sys.stderr, sys.meta_path[:], builtins.__import__, warnings.showwarning = state
            warnings.simplefilter('ignore')
    except BaseException as error:
        try:
            str(error)
        except BaseException as second:
            return f'{type(error).__name__}, whose text raises {type(second).__name__}'
        return type(error).__name__
    return 'ok'


if __name__ == '__main__':
    for line in sys.stdin:
        print(outcome(line[:-1]), flush=True)
