# Exceptions thrown into generators and coroutines, and classes that are both sequence and mapping.
import collections
import sys
import traceback


def attempt(action):
    try:
        print("answered", action())
    except BaseException as error:
        print(type(error).__name__, error, "context", repr(error.__context__))


def in_handler():
    try:
        raise KeyError("a")
    except KeyError:
        yield


generator = in_handler()
next(generator)
attempt(lambda: generator.throw(ValueError))


def catching():
    while True:
        try:
            print("got", (yield))
        except Exception as error:
            print("caught", repr(error)[:50])


class Bad(Exception):
    def __new__(cls, *args):
        return cls


import warnings

warnings.simplefilter("ignore")
generator = catching()
next(generator)
generator.throw(ValueError, TypeError(1))
generator.throw(ValueError, ValueError(2))
generator.throw(ValueError, (3, 4))
generator.throw(ValueError(5))
generator.throw(Bad)
attempt(lambda: generator.throw(3))
attempt(lambda: generator.throw(ValueError(1), 2))


def names():
    frame = sys._getframe(1)
    found = []
    while frame is not None and frame.f_code.co_name != "<module>":
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found


def inner():
    try:
        yield
    except ValueError:
        print(names())
        yield 1


def outer():
    yield from inner()


generator = outer()
next(generator)
print(generator.throw(ValueError))


async def finished():
    return 1


coroutine = finished()
attempt(lambda: coroutine.send(None))
attempt(lambda: coroutine.throw(ValueError))
print(coroutine.close())


def kind(value):
    match value:
        case [*_]:
            return "sequence"
        case {}:
            return "mapping"


class C:
    pass


print([kind(cls()) for cls in (
    type("A", (collections.UserDict, collections.abc.Sequence), {"__getitem__": None, "__len__": lambda self: 0}),
    type("B", (C, collections.UserDict, list), {}),
    type("D", (dict, collections.abc.Sequence, C), {}),
    type("E", (collections.UserList, dict), {}),
)])
print(type.__type_params__)

error = ImportError("test", name="name", path="path")
error.__init__()
print(error.msg, error.name, error.path, error.args)
