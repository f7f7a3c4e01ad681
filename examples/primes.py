"""The first primes, and how they are spread: a sieve, a generator and some formatting."""


def primes(limit):
    composite = [False] * (limit + 1)
    for n in range(2, limit + 1):
        if composite[n]:
            continue
        yield n
        for multiple in range(n * n, limit + 1, n):
            composite[multiple] = True


def main():
    limit = 200_000
    gaps = {}
    count, last = 0, 2
    for prime in primes(limit):
        gaps[prime - last] = gaps.get(prime - last, 0) + 1
        count, last = count + 1, prime
    print(f"{count:,} primes up to {limit:,}; the last is {last:,}")
    for gap, times in sorted(gaps.items(), key=lambda item: -item[1])[:8]:
        print(f"gap {gap:>3}: {times:>6,} {'#' * (times // 100)}")


main()
