"""Five loops that get hot, for the report of hot loops:

    taipan -X jit=uops -X hot-loops examples/hot_loops.py
"""


def ints(count):
    total = 0
    for number in range(count):
        if number % 3:
            total += number
    return total


def floats(count):
    area, width = 0.0, 1.0 / count
    for step in range(count):
        x = (step + 0.5) * width
        area += 4.0 / (1.0 + x * x)
    return area * width


class Counter:
    def __init__(self):
        self.hits = 0

    def hit(self, amount):
        self.hits += amount


def methods(count):
    counter = Counter()
    for _ in range(count):
        counter.hit(2)
    return counter.hits


def lists(count):
    squares = [number * number for number in range(count)]
    return sum(squares[index] for index in range(0, count, 2))


def refused(count):
    return max(number % 7 for number in iter(range(count)))


COUNT = 50_000
print(ints(COUNT), round(floats(COUNT), 6), methods(COUNT), lists(COUNT), refused(COUNT))
