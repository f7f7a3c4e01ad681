"""The containers of collections: deque, defaultdict, Counter, OrderedDict, namedtuple."""

from collections import Counter, OrderedDict, defaultdict, deque, namedtuple

import pyperf

Point = namedtuple("Point", "x y")


def run():
    queue, seen = deque([0]), {0}
    while queue:
        node = queue.popleft()
        for following in (node * 2 + 1, node * 3 + 1):
            if following < 20_000 and following not in seen:
                seen.add(following)
                queue.append(following)
    groups = defaultdict(list)
    for number in range(5000):
        groups[number % 17].append(number)
    counts = Counter("the quick brown fox jumps over the lazy dog" * 20)
    recent = OrderedDict()
    for number in range(3000):
        recent[number % 50] = number
        recent.move_to_end(number % 50)
        if len(recent) > 40:
            recent.popitem(last=False)
    points = [Point(i, i + 1) for i in range(2000)]
    total = sum(point.x * point.y & 7 for point in points)
    return len(seen), len(groups[3]), counts.most_common(3), list(recent)[:3], total


pyperf.Runner().bench_checked("deques", run)
