"""Decimal arithmetic: results, flags and text, at small, default and large precision."""

from decimal import *
from fractions import Fraction

D = Decimal


def show(operation, *operands, **settings):
    context = Context(traps=[], flags=[], **settings)
    try:
        result = getattr(context, operation)(*map(D, operands))
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    raised = [signal.__name__ for signal, is_set in context.flags.items() if is_set]
    print(operation, *operands, *settings.values(), "->", result, *raised)


def attempt(function):
    try:
        print(repr(function()))
    except Exception as error:
        print(type(error).__name__, error)


SEVENTH = "0.1428571428571428571428571429"
NUMBERS = ["0", "-0", "1", "-1.50", "0.1", SEVENTH, "99999999999999999999", "9" * 28, "1E+30", "-7E-12", "123456789." + "5" * 40]
SPECIAL = ["NaN", "sNaN", "NaN123", "-sNaN7", "Infinity", "-Infinity"]
BINARY = [
    "add", "subtract", "multiply", "divide", "divide_int", "remainder", "remainder_near", "divmod", "compare", "compare_signal",
    "compare_total", "compare_total_mag", "max", "max_mag", "min", "min_mag", "next_toward", "quantize", "copy_sign", "same_quantum",
]
for operation in BINARY:
    for left in NUMBERS[::3] + SPECIAL[::3]:
        for right in NUMBERS[1::3] + SPECIAL[1::2]:
            show(operation, left, right)
    for left, right in zip(NUMBERS, NUMBERS[2:]):
        show(operation, right, left, prec=5, rounding=ROUND_UP)

for operation in ["abs", "minus", "plus", "normalize", "next_minus", "next_plus", "to_integral_value", "to_integral_exact", "logb",
                  "sqrt", "exp", "ln", "log10", "number_class", "to_sci_string", "to_eng_string", "is_normal", "is_subnormal"]:
    for number in NUMBERS[:-3] + NUMBERS[-2:] + SPECIAL:
        show(operation, number)
        show(operation, number, prec=3, Emin=-5, Emax=5)

print("-- every rounding")
for rounding in [ROUND_UP, ROUND_DOWN, ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_05UP]:
    for number in ["1.25", "-1.25", "1.35", "1.2500001", "1.249", "-1.05", "9.96", "0.95"]:
        show("plus", number, prec=2, rounding=rounding)
    show("multiply", "9" * 28, "7" * 28, rounding=rounding)
    show("divide", "1", "-7", rounding=rounding)
    show("add", "1E+5", "1E-9", prec=6, rounding=rounding)
    show("multiply", "9E+5", "9E+5", prec=4, Emax=6, Emin=-6, rounding=rounding)
    show("divide", "1E-6", "3", prec=4, Emax=6, Emin=-6, rounding=rounding)

print("-- functions")
for text in ["2", "0.5", "10", "1.0000000000000000000000000001", "0.99999999999999999999999999999999999", "1E-400", "7E+300", "3.14159"]:
    for precision in [1, 9, 28, 50]:
        show("ln", text, prec=precision)
        show("log10", text, prec=precision)
        show("sqrt", text, prec=precision)
for text in ["1", "-1", "0.001", "-1E-30", "1E-30", "100", "-2000", "0.69314718055994530941723212145817656807550013436025"]:
    for precision in [1, 9, 28, 60]:
        show("exp", text, prec=precision)
for base, exponent in [("2", "10"), ("2", "-3"), ("10", "40"), ("1.1", "100"), ("7", "0.5"), ("2", "-0.5"), ("-2", "3"), ("-2", "0.5"),
                       ("0", "0"), ("0", "-1"), ("1.00", "5"), ("-1.0", "3"), ("Infinity", "-2"), ("2", "Infinity"), ("0.5", "Infinity"),
                       ("1", "Infinity"), ("3", "1E+10"), ("3", "-1E+10"), ("1.0000001", "1E+6"), ("5", "1.5"), ("100", "-1")]:
    show("power", base, exponent)
    show("power", base, exponent, prec=4, rounding=ROUND_DOWN)
for base, exponent, modulus in [("7", "100", "13"), ("-7", "3", "10"), ("3", "0", "1"), ("2", "-1", "5"), ("12E+2", "3", "97"), ("2", "1E+2", "1009")]:
    show("power", base, exponent, modulus)
show("fma", "2", "3", "4.5")
show("fma", "9" * 28, "9" * 28, "1E-10")
show("fma", "0", "Infinity", "NaN")

print("-- digits")
for places in ["0", "1", "-2", "9", "-9", "10", "1E+1"]:
    for operation in ["shift", "rotate", "scaleb"]:
        show(operation, "123456789.12", places, prec=9)
show("logical_and", "1100", "1010")
show("logical_or", "1100", "1010")
show("logical_xor", "1100", "1010")
show("logical_xor", "1102", "1010")
show("logical_invert", "1100", prec=7)

print("-- clamped")
for text in ["1E+6", "0E+6", "1.5E-8", "0E-20", "12345E-9"]:
    show("plus", text, prec=4, Emax=6, Emin=-6, clamp=1)
    show("plus", text, prec=4, Emax=6, Emin=-6)

print("-- operators")
a, b = D("7.5"), D("-2")
for expression in ["a + b", "a - 1", "2 * a", "a / 3", "a // b", "a % b", "divmod(a, 2)", "a ** 2", "2 ** a", "pow(D(3), 4, 5)", "-a", "+b", "abs(b)",
                   "a + 1.5", "a < 8", "a == 7.5", "a < 7.6", "a == Fraction(15, 2)", "a > Fraction(22, 3)", "a == 7.5 + 0j", "a == 'x'", "a < 'x'",
                   "D('NaN') == D('NaN')", "D('NaN') < 1", "D('sNaN') == 1", "D('Infinity') > 10 ** 400", "D('1E+400') == 10 ** 400",
                   "hash(D('0.5')) == hash(0.5)", "hash(D('1E+40')) == hash(10 ** 40)", "hash(D('-Infinity')) == hash(float('-inf'))",
                   "hash(D(1) / 8) == hash(Fraction(1, 8))", "hash(D('sNaN'))", "int(D('-3.9'))", "int(D('1E+25'))", "int(D('NaN'))",
                   "float(D('0.1'))", "float(D('1E-400'))", "float(D('123456789012345678901234567890E-20'))", "float(D('sNaN'))", "complex(a)",
                   "round(D('2.5'))", "round(D('2.675'), 2)", "round(D('1234'), -2)", "a.__floor__(), b.__ceil__(), a.__trunc__()",
                   "a.as_tuple()", "D('-Infinity').as_tuple()", "D('NaN12').as_tuple()", "a.as_integer_ratio()", "D('1E+3').as_integer_ratio()",
                   "D('Infinity').as_integer_ratio()", "a.quantize(D('0.01'))", "a.quantize(D('1'), rounding=ROUND_UP)", "a.quantize(D('1E-40'))",
                   "bool(D('-0.0')), bool(D('NaN'))", "a.adjusted(), D('NaN').adjusted()", "a.real, a.imag, a.conjugate() is a", "sum([D('0.1')] * 10)",
                   "max(a, b), min(a, b), sorted([a, b, D(0)])"]:
    attempt(lambda: eval(expression))

print("-- made from")
for source in ["12", "-0.0012", "1e5", " 1_000.5 ", "1__0", "٣.١٤", "inf", "-sNaN12", "nan007", "", ".", "e5", "1e", "0x1", "1 2", "++1", "1e99999999999999999999",
               12, -(10 ** 45), True, 0.1, -2.5, 1e300, float("inf"), float("nan"), (0, (1, 2, 3), -2), (1, (), "F"), (0, (0, 0, 7), "n"), [1, [9], 1],
               (0, (1,)), (2, (1,), 0), (0, (10,), 0), (0, (1,), "x"), (0, (1,), 1.0), None, b"1"]:
    attempt(lambda: D(source))
attempt(lambda: D.from_float(0.3))
attempt(lambda: D.from_float("1"))
attempt(lambda: [D.from_number(number) for number in (1, 2.5, D("3.0"))])
attempt(lambda: D.from_number("1"))
attempt(lambda: Context(prec=3).create_decimal("1.2345"))
attempt(lambda: Context(prec=3).create_decimal(" 1"))
attempt(lambda: Context(prec=3).create_decimal_from_float(0.1))

print("-- formats")
for number in ["1234567.891", "-0.000012345", "0", "-0.001", "1E+20", "NaN", "-Infinity", "9.995"]:
    texts = []
    for specification in ["", "f", ".2f", "+.3e", "e", ".0f", ",", ",.2f", "012,.1f", "%", ".1%", "g", ".4g", ">20", "*^20.3f", "=+15.2f", "é<14", " .3G", "n"]:
        try:
            texts.append(format(D(number), specification))
        except ValueError as error:
            texts.append(str(error))
    print(number, texts)
attempt(lambda: "%s %r %.2f" % (a, a, a))
attempt(lambda: f"{a:>8}|{a!r:>20}|{b:08.3f}")
attempt(lambda: D(1234567).__format__("n", {"decimal_point": ",", "thousands_sep": ".", "grouping": "\3\2"}))
