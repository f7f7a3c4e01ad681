# What a loop relies on changes while it runs: each change shows in the very next operation.


class P:
    kind = "P"

    def __init__(self):
        self.x = 1

    def get(self):
        return ("P", self.x)


class Q:
    kind = "Q"

    def __init__(self):
        self.y, self.x = 5, 6

    def get(self):
        return ("Q", self.x)


p = P()


def change_class(n, at):
    seen = []
    for i in range(n):
        a = p.kind
        if i == at:
            p.__class__ = Q
        b = p.kind
        c = p.get()
        if not seen or seen[-1][1:] != (a, b, c):
            seen.append((i, a, b, c))
    p.__class__ = P
    return seen


def change_class_of_local(n, at, o):
    seen = []
    for i in range(n):
        a = o.kind
        if i == at:
            o.__class__ = Q
        b = o.kind
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    return seen


class S:
    __slots__ = ("x",)
    kind = "S"

    def get(self):
        return "S"


class T:
    __slots__ = ("x",)
    kind = "T"

    def get(self):
        return "T"


s = S()


def change_class_of_slots(n, at):
    seen = []
    for i in range(n):
        a = s.kind, s.get()
        if i == at:
            s.__class__ = T
        b = s.kind, s.get()
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    s.__class__ = S
    return seen


def change_class_of_local_slots(n, at, o):
    seen = []
    for i in range(n):
        a = o.kind, o.get()
        if i == at:
            o.__class__ = T
        b = o.kind, o.get()
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    return seen


print("== __class__")
for at in (0, 3, 40, 77):
    print(change_class_of_slots(80, at))
    print(change_class_of_local_slots(80, at, S()))
for at in (0, 3, 40, 77):
    print(change_class(80, at))
    print(change_class_of_local(80, at, P()))


def change_attribute(n, at):
    seen = []
    for i in range(n):
        a = P.kind
        if i == at:
            P.kind = "changed"
        b = p.kind
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    P.kind = "P"
    return seen


def change_method(n, at):
    seen = []
    old = P.get
    for i in range(n):
        a = p.get()
        if i == at:
            P.get = lambda self: "new"
        b = p.get()
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    P.get = old
    return seen


print("== class attributes")
for at in (0, 3, 40, 77):
    print(change_attribute(80, at))
    print(change_method(80, at))

g = 1


def helper(a):
    return a + g


def other(a):
    return a * 100


def change_global(n, at):
    global g
    seen = []
    for i in range(n):
        a = g
        if i == at:
            g = 50
        b = g
        c = helper(0)
        if not seen or seen[-1][1:] != (a, b, c):
            seen.append((i, a, b, c))
    g = 1
    return seen


def change_function(n, at):
    global helper
    old = helper
    seen = []
    for i in range(n):
        a = helper(2)
        if i == at:
            helper = other
        b = helper(2)
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    helper = old
    return seen


def change_code(n, at):
    old = helper.__code__
    seen = []
    for i in range(n):
        a = helper(2)
        if i == at:
            helper.__code__ = other.__code__
        b = helper(2)
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    helper.__code__ = old
    return seen


def with_default(a, b=1):
    return a + b


def change_defaults(n, at):
    seen = []
    for i in range(n):
        a = with_default(2)
        if i == at:
            with_default.__defaults__ = (30,)
        b = with_default(2)
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    with_default.__defaults__ = (1,)
    return seen


def delete_global(n, at):
    global fleeting
    fleeting = [1, 2]
    seen = []
    for i in range(n):
        try:
            a = len(fleeting)
            if i == at:
                del fleeting
            b = len(fleeting)
        except NameError as error:
            a = b = str(error)
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    return seen


print("== globals")
for at in (0, 3, 40, 77):
    for change in (change_global, change_function, change_code, change_defaults, delete_global):
        print(change.__name__, change(80, at))

import builtins
import math


def change_builtin(n, at):
    seen = []
    old = builtins.len
    for i in range(n):
        a = len("abc")
        if i == at:
            builtins.len = lambda x: -1
        b = len("abc")
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    builtins.len = old
    return seen


def shadow_builtin(n, at):
    seen = []
    for i in range(n):
        a = abs(-3)
        if i == at:
            globals()["abs"] = lambda x: "shadow"
        b = abs(-3)
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    del globals()["abs"]
    return seen


def change_module(n, at):
    seen = []
    old = math.pi
    for i in range(n):
        a = math.pi
        if i == at:
            math.pi = 3
        b = math.pi
        if not seen or seen[-1][1:] != (a, b):
            seen.append((i, a, b))
    math.pi = old
    return seen


print("== builtins and modules")
for at in (0, 3, 40, 77):
    for change in (change_builtin, shadow_builtin, change_module):
        print(change.__name__, change(80, at))


def change_types(n, at):
    seen = []
    x = 1
    for i in range(n):
        y = x + x
        if i == at:
            x = 1.5
        if i == at + 5:
            x = "s"
        if i == at + 9:
            x = [0]
        if not seen or seen[-1][1:] != (y,):
            seen.append((i, y))
    return seen


def overflow(n):
    x = 1
    for i in range(n):
        x = x * 3 + 1
    return x


def unbound(n, at):
    seen = []
    for i in range(n):
        v = i
        if i == at:
            del v
        try:
            w = v
        except UnboundLocalError as error:
            w = str(error)
        if i in (at, at + 1):
            seen.append(w)
    return seen


class Dying:
    def __init__(self, log):
        self.log = log

    def __del__(self):
        global g
        g += 1
        self.log.append(g)


def finalizers(n):
    log = []
    d = Dying(log)
    total = 0
    for i in range(n):
        total += g
        d = Dying(log) if i % 20 == 7 else d
        total += g
    del d
    return total, len(log), log[-1]


print("== values")
for at in (0, 3, 40, 70):
    print(change_types(80, at))
    print(unbound(80, at))
print(overflow(60))
print(finalizers(100))
