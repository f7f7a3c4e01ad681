# Operators at the edges of what machine words hold: precision, exponents, rounding, flags and traps.
import contextvars
import operator
from decimal import *

D = Decimal
OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod}
ROUNDINGS = [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_05UP]


def flags_of(context):
    return " ".join(sorted(signal.__name__ for signal, is_set in context.flags.items() if is_set))


def show(left, symbol, right, context):
    context.clear_flags()
    try:
        result = str(OPERATIONS[symbol](left, right))
    except DecimalException as error:
        result = type(error).__name__
    print(f"  {left} {symbol} {right} = {result} [{flags_of(context)}]")


def run(title, pairs, symbols="+-*/", **settings):
    print(title)
    with localcontext(Context(traps=[], **settings)) as context:
        for left, right in pairs:
            for symbol in symbols:
                show(left, symbol, right, context)


limits = [D(2**63 - 1), D(2**63), D(2**64 - 1), D(2**64), D(2**127 - 1), D(2**127), D(2**128 - 1), D(2**128)]
for precision in (1, 19, 28, 38, 39):
    run(f"limits of words, precision {precision}", zip(limits, limits[::-1]), prec=precision)
    run("and one", [(limit, 1) for limit in limits], symbols="+-", prec=precision)

for precision in (1, 19, 37, 38, 39):
    nines, power = D("9" * precision), D(10) ** precision
    run(f"nines of precision {precision}", [
        (nines, D(1)), (nines, D("0.5")), (nines, D("0.4")), (nines, D("0.6")), (nines, nines), (nines, -nines),
        (-nines, D("-0.5")), (power, D("0.1")), (power, D("-0.1")), (power, D(3)), (nines, D(7)),
    ], prec=precision)

for rounding in ROUNDINGS:
    halves = [(D(a), D(b)) for a in ("1.5", "-12.5", "99.5", "-99.5", "15.01") for b in ("1", "-7", "1E-40")]
    run(f"{rounding}", halves, prec=2, rounding=rounding)
    run("far apart", [(D("1E+20"), D("1E-40")), (D("1E+20"), D("-1E-40")), (D("-123456789012345678901234567E+5"), D("5E-30")),
                      (D(10) ** 27, D("5E-1")), (D(10) ** 27, D("-5E-2")), (D(10) ** 27, D("-50000000000000000000000001E-27")),
                      (D("1E+60"), D("123456789012345678901234567890123456E-10")), (D("1E+20"), D("0E-50")),
                      (D("0E+20"), D("7E-50"))],
        symbols="+-", prec=28, rounding=rounding)
    run("zeros", [(D("0"), D("-0")), (D("-0"), D("0")), (D("-0"), D("-0")), (D("1"), D("-1")), (D("-1.0"), D("1")), (D("-0E+3"), D("0E-3")),
                  (0, D("-0")), (D("-0"), 0)], symbols="+-", prec=5, rounding=rounding)
    run("subnormal before it is rounded", [(D("9.996E-6"), D(1)), (D("9.996E-3"), D("0.001")), (D("99996E-5"), D("1E-5")),
                                           (D("1E-5"), D("2E-9"))], prec=3, Emin=-5, Emax=5, rounding=rounding)
    run("and of one digit", [(D("9.6E-6"), D(1)), (D("9.6E-6"), D("1E-7")), (D("-9.6E+5"), D(1)), (D("9.4E+5"), D(1)), (D("2E-5"), D(3))],
        prec=1, Emin=-5, Emax=5, rounding=rounding)
    run("overflow when it is rounded", [(D("9.996E+5"), D(1)), (D("999E+3"), D("5E+2")), (D("-999E+3"), D("5E+2")), (D("9.99E+5"), D("0.999"))],
        prec=3, Emin=-5, Emax=5, rounding=rounding)

edge = [D("1E+5"), D("1E+4"), D("9.99E+5"), D("1E-5"), D("1.23E-5"), D("1E-7"), D("0E+7"), D("0E-9"), D("1"), D("-3")]
for clamp in (0, 1):
    run(f"limits of exponents, clamp {clamp}", [(a, b) for a in edge for b in edge[::2]], symbols="+*/", prec=3, Emin=-5, Emax=5, clamp=clamp)
    run("Emin 0, Emax 0", [(D(9), D(9)), (D(1), D(3)), (D("0.1"), D(1)), (D(0), D("0.1"))], prec=2, Emin=0, Emax=0, clamp=clamp)
# The widest that every build has.
widest = 425_000_000
run("wide exponents", [(D(f"1E{widest}"), D(10)), (D(f"1E-{widest}"), D(10)), (D(f"1E-{widest}"), D(f"1E-{widest}")),
                       (D(f"9E{widest}"), D(f"1E-{widest}")), (D(f"7E{widest - 5}"), D(2))], prec=9, Emin=-widest, Emax=widest)

quotients = [(1, 3), (2, 3), (10, 5), (1, 8), (100, 4), (D("1.00"), D("2.0")), (D("1E+3"), D("5")), (D("1000"), D("1E+2")), (D("6.0E+5"), D("3E-2")),
             (D("2.400"), D("2.0")), (D("1E-20"), D("4E+20")), (D(2**64), D(2**32)), (D(10**37), D(10**19)), (D(10**38), D(7)), (D(3), D(10**38)),
             (D(5**40), D(5**38)), (D("123456789012345678901234567890123456789"), D("9")), (D(1), D(2**100)), (D(2**100), D(3**60)), (D(0), D(7)),
             (D("-0.00"), D("3E+5")), (D(7), D(0)), (D(0), D(0)), (D("-7"), D("0")), (D(125), D("-0.000125")), (D(96), 32), (32, D(96)), (D(10**20), D(10**20))]
for precision in (1, 2, 9, 19, 28, 36, 37, 39):
    run(f"quotients of precision {precision}", quotients, symbols="/", prec=precision)

for precision in (1, 3, 19, 38, 39):
    run(f"whole quotients of precision {precision}", [(7, D(2)), (D(-7), 2), (D(7), D(-2)), (D("0.7"), D("-0.2")), (D("-0"), D(3)), (D(999), D(1)), (D(1000), 1),
        (D(2**128 - 1), D(2**64)), (D(2**128 - 1), D(1)), (D(2**64), D(2**128 - 1)), (D(2**128), D(3)), (D(0), D(0)), (D(5), D(0)), (D("1E+2"), D(7))],
        symbols=["//", "%"], prec=precision)
run("of narrow exponents", [(D("7E+4"), D("2E+4")), (D("7E-4"), D("2E-4")), (D("7E-6"), D("2E-6"))], symbols=["//", "%"], prec=3, Emin=-5, Emax=5)

OPERATIONS["to"] = Decimal.quantize
quantized = [(D(a), D(b)) for a in ("0", "-0.00", "1.25", "-1.35", "99.95", "999.5", "1E+3", "123456", "1E-9") for b in ("1", "0.1", "1E-4", "1E+2", "1E-7")]
for rounding in (ROUND_HALF_EVEN, ROUND_CEILING, ROUND_05UP, ROUND_DOWN):
    run(f"quantized by {rounding}", quantized, symbols=["to"], prec=3, Emin=-5, Emax=5, rounding=rounding)
for precision in (19, 38, 39):
    nines, one = "9" * precision, D(1)
    run(f"quantized to precision {precision}", [(D(nines), one), (D(nines + ".4"), one), (D(nines + ".5"), one), (D(nines + "0"), one), (D("1E+19"), one),
        (D("1E+38"), one), (D("1E+39"), one), (D(2**128 - 1), D("1E+1")), (D(2**128 - 1), D("0.1"))], symbols=["to"], prec=precision)

print("texts")
for text in ("0", "-0", "0.000001", "0.0000001", "-0E-6", "0E-7", "1E+1", "12.30", str(2**64), f"-{2**64 - 1}.5", f"{2**127 - 1}E-38", f"{2**127 - 1}E-44", "9E-45"):
    print(str(D(text)), repr(D(text)), f"{D(text)}")

print("traps")
for signal in (Inexact, Rounded, Clamped, Subnormal, Overflow, Underflow, DivisionByZero):
    with localcontext(Context(prec=3, Emin=-5, Emax=5, clamp=1, traps=[signal])) as context:
        print(signal.__name__)
        for left, symbol, right in [(D("1.23"), "+", D("4.56")), (D("999"), "+", D("1")), (D("999"), "+", D("2")), (D(1), "/", D(3)), (D("1E+5"), "*", 1),
                                    (D("1E-5"), "*", D("0.1")), (D("1.23E-5"), "*", D("0.11")), (D("9E+5"), "*", 9), (D(100), "*", D(10)), (D(1), "/", 0)]:
            show(left, symbol, right, context)

print("flags stay")
with localcontext(Context(prec=3, traps=[])) as context:
    D(1) / D(3)
    D(1) + D(1)
    print(flags_of(context))
    context.flags[Inexact] = False
    D(1000) * D(1)
    print(flags_of(context))
    context.prec = 5
    print(D(1) / D(3), flags_of(context))
    context.rounding = ROUND_UP
    print(D(1) / D(3))

print("comparisons")
values = [D("0"), D("-0"), D("1"), D("1.0"), D("-1"), D(2**64), D(2**64 - 1), D(-(2**127)), D(2**128), D("NaN"), D("Infinity"), D("0E+3"), 1, -1, 0, True, 2**64, 1.0]
for left in values[:9]:
    print(left, "".join("<" if left < right else "=" if left == right else ">" if left > right else "?" for right in values if right == right),
          "".join("n" if left != right else "e" for right in values))

print("which context is current")
setcontext(Context(prec=4))
print(D(1) / D(3))
variables = contextvars.copy_context()
getcontext().prec = 6
print(D(1) / D(3), variables.run(lambda: D(1) / D(3)))


def change():
    setcontext(Context(prec=2))
    return D(1) / D(3)


print(variables.run(change), D(1) / D(3), variables.run(lambda: D(1) / D(3)))
with localcontext(prec=8):
    print(D(1) / D(3))
    with localcontext(prec=7):
        print(D(2) / D(3))
    print(D(1) / D(3))


def generate():
    with localcontext(prec=5):
        yield D(1) / D(3)
        yield D(2) / D(3)


for third in generate():
    print(third, D(1) / D(7))
print(D(1) / D(7))


class Loud(Context):
    def __del__(self):
        print("ends")


setcontext(Loud(prec=4))
print(D(1) / D(3))
setcontext(Context(prec=5))
print(D(1) / D(3))


class Small(Decimal):
    def __radd__(self, other):
        return "reflected"


print(Small(1) + D(2), D(2) + Small(1), type(Small(3) * 2).__name__, Small(1) == D(1), D("1.5") + True, False - D("1.5"))
