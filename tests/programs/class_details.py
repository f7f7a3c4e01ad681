"""Corners of classes, and of what is found on them."""
import functools
import gc
import inspect
import weakref


def fails(function, *args):
    try:
        print(function(*args))
    except Exception as error:
        print(type(error).__name__, error)


class Equal:
    def __eq__(self, other):
        return True


fails(hash, Equal())
print(Equal.__hash__)


class A:
    def f(self):
        return "A"


class B(A):
    def f(self):
        return "B"


class Reversed(type):
    def mro(cls):
        return type.mro(cls)[::-1]


class X(B, A, metaclass=Reversed):
    pass


print([c.__name__ for c in X.__mro__], X().f())
A.f = lambda self: "changed"
print(X().f())


class Wrong:
    __new__ = list.__new__


class WrongToo(list):
    __new__ = object.__new__


print(type(Wrong()).__name__, WrongToo())


class Devious(type):
    def mro(cls):
        return [cls, dict, object]


fails(lambda: Devious("D", (), {}))


class Switching(type):
    def mro(cls):
        global is_ready
        if is_ready and cls.__name__ == "C":
            is_ready = False
            C.__bases__ = (Second,)
        return type.mro(cls)


is_ready = False


class Root(metaclass=Switching):
    pass


class First(Root):
    pass


class Second(Root):
    pass


class C(Root):
    pass


is_ready = True
C.__bases__ = (First,)
First.__bases__ = (C,)
print(C.__bases__, Second.__subclasses__(), First.__subclasses__(), First.__bases__, C.__subclasses__())


class NotMeta:
    def __new__(cls, *args, **keywords):
        return super().__new__(cls)

    @classmethod
    def __prepare__(cls, name, bases):
        return {}


class NotMetaEither(NotMeta):
    pass


class P(metaclass=NotMeta):
    pass


class Q(metaclass=NotMetaEither):
    pass


class R(P, Q):
    pass


print(type(P).__name__, type(Q).__name__, type(R).__name__)


class Getting:
    def __getattr__(self, name):
        raise KeyError(name)


print(repr(weakref.ref(value := Getting())).startswith("<weakref at "))
print(repr(weakref.ref(fails)).rpartition(" ")[2])
print(type.__type_params__)


def capture(*args, **keywords):
    return args, keywords


partial = functools.partial(capture, 1, a=2)
try:
    del partial.__dict__
except TypeError as error:
    print(error)
partial.attr = []
state = partial.__reduce__()[2]
copy = functools.partial(capture)
copy.__setstate__(state)
print(copy.args is partial.args, copy.keywords is partial.keywords, copy.attr is partial.attr)
copy.__setstate__((capture, (1,), {}, None))
print(copy.__dict__)
print(inspect.signature(functools.cmp_to_key(lambda x, y: 0)))
print(gc.is_tracked(int), gc.is_tracked([]))


def suspended():
    try:
        yield 1
    finally:
        print("finalized")


generator = suspended()
next(generator)
del generator
print(any(suspended()))


def chain(error):
    texts = []
    while error:
        texts.append(repr(error))
        error = error.__context__
    return texts


def thrown_into():
    try:
        yield
    finally:
        raise ValueError("inner")


def handling():
    try:
        raise TypeError("handled in the generator")
    except TypeError:
        yield


for make in (thrown_into, handling):
    generator = make()
    next(generator)
    try:
        try:
            raise OSError("handled outside")
        except OSError:
            error = KeyError("thrown")
            generator.throw(error)
    except Exception as raised:
        print(chain(raised))


class Unending:
    __iter__ = None

    def __getitem__(self, index):
        return index


fails(iter, Unending())
fails(list, Unending())
fails(iter, int | str)
