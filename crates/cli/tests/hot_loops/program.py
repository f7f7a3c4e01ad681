"""What the report tells: a loop with a branch, a call and a class that changes, a global, a refusal."""

SCALE = 3


class Point:
    def __init__(self, x):
        self.x = x

    def moved(self, by):
        return self.x + by


def branches(count, often):
    total = 0
    for number in range(count):
        if number % often == 0:
            total = total + number
        else:
            total = total - 1
    return total


def calls(point, count):
    total = 0.0
    for step in range(count):
        total += point.moved(step) * SCALE
    return total


def items(pairs):
    total = 0
    for left, right in pairs:
        total += left * right
    return total


def steps(count):
    at = 0
    while at < count:
        yield at
        at += 1


print(branches(1000, 2), calls(Point(1.5), 1000), items([(1, 2)] * 1000))
print(sum(steps(1000)))
Point.scale = 2
print(calls(Point(0.5), 10))
