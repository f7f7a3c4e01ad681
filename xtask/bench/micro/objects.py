"""Objects of all kinds: slots, properties, super, descriptors, __getattr__, comparison and container methods."""

import functools

import pyperf


class Base:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def weight(self):
        return self.x + self.y


@functools.total_ordering
class Item(Base):
    __slots__ = ()

    def weight(self):
        return super().weight() * 2

    @property
    def both(self):
        return self.x, self.y

    def __eq__(self, other):
        return self.both == other.both

    def __lt__(self, other):
        return self.both < other.both

    def __hash__(self):
        return hash(self.both)


class Bag:
    def __init__(self):
        self.items = {}

    def __getattr__(self, name):
        return self.items.get(name, 0)

    def __getitem__(self, key):
        return self.items[key]

    def __setitem__(self, key, value):
        self.items[key] = value

    def __len__(self):
        return len(self.items)

    def __contains__(self, key):
        return key in self.items

    def __iter__(self):
        return iter(self.items)


def run():
    items = [Item(i * 7919 % 101, i % 13) for i in range(1500)]
    total = sum(item.weight() for item in items)
    ordered = sorted(items)
    kinds = set(items)
    bag = Bag()
    for item in items:
        key = f"k{item.x}"
        bag[key] = bag[key] + 1 if key in bag else 1
    for name in bag:
        total += getattr(bag, name)
    total += bag.missing + len(bag)
    return total, ordered[0].both, ordered[-1].both, len(kinds), isinstance(items[0], Base)


pyperf.Runner().bench_checked("objects", run)
