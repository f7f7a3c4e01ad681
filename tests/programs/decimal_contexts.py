"""Contexts, signals and what the classes of the decimal module are made of."""

import copy
import decimal
import numbers
import pickle
from decimal import *


def attempt(function, *args, **keywords):
    try:
        print(repr(function(*args, **keywords)))
    except Exception as error:
        print(type(error).__name__, error.args)


print("-- exceptions")
for name in ["DecimalException", "InvalidOperation", "ConversionSyntax", "DivisionImpossible", "DivisionUndefined", "InvalidContext", "DivisionByZero",
             "Overflow", "Underflow", "Subnormal", "Inexact", "Rounded", "Clamped", "FloatOperation"]:
    found = getattr(decimal, name, None) or getattr(__import__("_decimal"), name)
    print(name, found.__module__, [base.__name__ for base in found.__mro__])
attempt(lambda: Decimal(1) / 0)
attempt(lambda: Decimal(0) / 0)
attempt(lambda: Decimal(1) % 0)
attempt(lambda: divmod(Decimal(1), 0))
attempt(lambda: Decimal("1E+999999") * 10)
attempt(lambda: Decimal(-1).sqrt())
attempt(lambda: Decimal("1E+40") // 7)
attempt(lambda: Decimal("x"))

print("-- attributes")
context = Context()
print(context)
for name, value in [("prec", 5), ("prec", 0), ("prec", "5"), ("prec", 2.0), ("prec", 10 ** 30), ("Emin", -10), ("Emin", 1), ("Emax", 10), ("Emax", -1),
                    ("rounding", ROUND_UP), ("rounding", "up"), ("rounding", 3), ("capitals", 0), ("capitals", 2), ("clamp", 1), ("clamp", -1),
                    ("traps", {}), ("traps", 1), ("flags", [])]:
    attempt(setattr, context, name, value)
    print(name, getattr(context, name))
attempt(delattr, context, "prec")
attempt(delattr, context, "flags")
print(context, context.Etiny(), context.Etop())
attempt(Context, prec=3, rounding=ROUND_DOWN, traps=[Inexact], flags=[Rounded, InvalidOperation])
attempt(Context, prec="a")
attempt(Context, traps=[1])
attempt(Context, flags=3)

print("-- signals")
flags = context.flags
attempt(lambda: [signal.__name__ for signal in flags])
attempt(lambda: flags[Inexact])
attempt(lambda: flags[3])
attempt(flags.__setitem__, 3, True)
attempt(flags.__delitem__, Inexact)
attempt(lambda: (len(flags), flags.copy() == flags, flags == dict(flags), flags != dict(flags), flags == 3))
attempt(hash, flags)
flags[Inexact] = True
print(flags, context.flags is flags)
context.clear_flags()
context.clear_traps()
print(any(flags.values()), any(context.traps.values()))
attempt(lambda: isinstance(flags, __import__("collections.abc").abc.MutableMapping))
context = Context(prec=3, traps=[Inexact, Rounded])
attempt(context.divide, 1, 3)
attempt(context.divide, Decimal(1), Decimal(4))
print([signal.__name__ for signal in context.flags if context.flags[signal]])

print("-- the current one")
getcontext().prec = 6
print(Decimal(1) / 3)
with localcontext() as inner:
    inner.prec = 3
    print(Decimal(1) / 3, inner is getcontext())
    with localcontext(prec=2, rounding=ROUND_UP, traps=[]):
        print(Decimal(1) / 3, Decimal(1) / 0)
print(Decimal(1) / 3)
attempt(localcontext, 3)
attempt(localcontext, prec=0)
attempt(localcontext, unknown=1)
attempt(setcontext, 3)
setcontext(ExtendedContext)
print(getcontext() is ExtendedContext, getcontext())
print(Decimal(1) / 0)
setcontext(BasicContext)
attempt(lambda: Decimal(1) / 0)
setcontext(DefaultContext)
for bits in [32, 64, 128, 256, 10 ** 30, "a"]:
    attempt(IEEEContext, bits)

print("-- operands")
attempt(context.add, 1, "2")
attempt(context.add, 1, 2.5)
attempt(Decimal(1).compare, "2")
attempt(Decimal(1).quantize, 1, "up")
attempt(Decimal(1).exp, 3)
attempt(context.is_canonical, 1)
attempt(context.canonical, 1)
attempt(context.copy_decimal, 7)
attempt(context.power, a=2, b=5, modulo=7)
attempt(Decimal(1).__round__, 1.5)
attempt(Decimal(1).__format__, 3)
attempt(lambda: Decimal(value="1.5", context=None))
attempt(lambda: Decimal("1.5", 3))
getcontext().traps[FloatOperation] = True
attempt(lambda: Decimal(1.5))
attempt(lambda: Decimal(1) < 1.5)
attempt(lambda: Decimal(1) == 1.5)
attempt(lambda: Decimal.from_float(1.5))
getcontext().traps[FloatOperation] = False

print("-- objects")


class Money(Decimal):
    pass


money = Money("12.50")
print(type(money + 1), type(Money.from_float(0.5)), type(Money.from_number(3)), repr(money), str(money))
print(copy.copy(money) is money, copy.deepcopy(money) is money, money == Decimal("12.5"), hash(money) == hash(12.5))
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    for thing in (Decimal("-1.50E+10"), Decimal("sNaN12"), Context(prec=4, traps=[Inexact])):
        print(repr(pickle.loads(pickle.dumps(thing, protocol))), end=" ")
print()
print(Decimal("1.5").__reduce__(), Context(prec=4).__reduce__()[1])
print(issubclass(Decimal, numbers.Number), isinstance(Decimal(1), numbers.Real))
print(Decimal.__module__, Context.__module__, DecimalTuple.__module__, DecimalTuple._fields, HAVE_THREADS, HAVE_CONTEXTVAR)
print([name for name in dir(Decimal) if name not in dir(object) and name != "__module__"])
print([name for name in dir(Context) if name not in dir(object) and not name.startswith("_unsafe") and name not in ("flags", "traps", "__module__")])
match Decimal("1.5"):
    case Decimal() as found:
        print("matched", found)
