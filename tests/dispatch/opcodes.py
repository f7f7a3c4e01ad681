# Opcodes of every kind, many times each: what the loops run on a small native stack.
def init(self, x):
    self.x = x
def method(self, a):
    return a
def getitem(self, key):
    return key
def total(self):
    return self.x
Point = type('Point', (), {
    '__init__': init, 'method': method, '__getitem__': getitem, 'total': property(total), 'kind': 'point',
})
Slotted = type('Slotted', (), {'__slots__': ('a',), 'method': method, 'constant': 5})

def generate(n):
    for i in range(n):
        yield i

def delegate(n):
    yield from generate(n)

def add(a, b=1):
    return a + b

def work(n):
    a = b = c = 0
    x = 1.5
    items = [1, 2, 3]
    pair = (4, 5)
    triple = (1, 2, 3)
    table = {'a': 1, 2: 3}
    text = other = 'text'
    point = Point(1)
    slotted = Slotted()
    bound = point.method
    empty = []
    for i in range(n):
        a = a + i & 1023
        if a > 500 and not a == 501:
            b += 1
        elif b is None or c:
            b -= 1
        x = x * 0.5 + 1.0 - 0.25
        x = x / 2.0 + i
        c = items[i % 3] - pair[i & 1]
        y, z = pair
        y, z, w = triple
        y, z, w = items
        items[0] = -c
        table['a'] = table['a'] + table[2]
        point.x = i
        slotted.a = i
        y = point.x + slotted.a + point.total + point[i] + point.method(i) + slotted.method(i) + bound(i)
        y = add(i) + add(i, 2) + add(i, b=3)
        y = Point.kind, point.kind, slotted.constant
        y = x < 1.5, i * 3 >> 1, i // 3, i in table, text == other, text[1], text + other
        other = 'other'
        other += text
        if empty or not items or not text or not point:
            y = None
        def inner(q):
            return q
        c = inner(c)
        while c > 10:
            c //= 2
    for i in generate(n):
        pass
    for i in delegate(n):
        pass
    for i in range(n):
        for y in pair:
            pass
        for y in items:
            pass
    return a
result = work(50000)
