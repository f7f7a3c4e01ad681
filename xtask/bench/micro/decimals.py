"""Decimal and Fraction: sums, quotients, rounding, text."""

from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction

import pyperf


def run():
    rate, total = Decimal("0.0175"), Decimal(0)
    for i in range(1, 1500):
        price = Decimal(i) * rate
        total += price.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    with localcontext() as context:
        context.prec = 50
        root = Decimal(2).sqrt()
        third = Decimal(1) / 3
    parts = sum((Fraction(1, n) for n in range(1, 40)), Fraction(0))
    return str(total), str(root), str(third), str(parts), f"{total:,.1f}"


pyperf.Runner().bench_checked("decimals", run)
