from itertools import (
    accumulate, batched, chain, combinations, combinations_with_replacement, compress, count, cycle, dropwhile, filterfalse,
    groupby, islice, pairwise, permutations, product, repeat, starmap, takewhile, tee, zip_longest,
)

names = globals()


def show(source):
    try:
        print(source, "->", repr(eval(source, names)))
    except Exception as error:
        print(source, "->", type(error).__name__ + ":", error)


for line in """\
permutations([1],'a')
permutations([1],-1)
list(permutations([1,2,3]))
list(permutations('abcd',2))==[tuple(x) for x in []]
product([1],repeat=-1)
product([1],repeat='a')
product([1],foo=1)
list(product([1,2],repeat=2))
count('a')
count(1.5)
count(1,2)
count(True)
next(count(True))
count(2**70,2)
repeat()
repeat(1,'a')
repeat(1,2)
repeat(object=1,times=3)
repeat(1).__length_hint__()
repeat(1,-5)
islice([])
islice([],-1)
islice([],'a')
islice([],1,'a')
islice([],1,2,0)
islice([],1,2,3,4)
islice([],'a',2)
islice(foo=1)
tee([],-1)
tee([],0)
tee(1)
tee([],'a')
list(zip_longest([1],[2,3],fillvalue=0))
zip_longest(foo=1)
list(chain(1))
chain(a=1)
chain.from_iterable(1)
starmap(f)
list(starmap(f,[1]))
list(groupby([1],1))
groupby()
list((k,list(g)) for k,g in groupby([1,1,2]))
cycle()
cycle(1)
compress([1])
takewhile(1)
filterfalse(1)
pairwise()
_heapq.heappop([])
_heapq.heappush((),1)
_heapq.heapreplace([],1)
_heapq.heappushpop([],1)
list(combinations("abcd", 2))
list(combinations_with_replacement("abc", 2))
list(combinations_with_replacement("", 0)), list(combinations_with_replacement("", 1))
list(permutations("abc", 2)), list(permutations("", 0)), list(permutations("a", 2))
list(islice("abcdefg", 1, 6, 2)), list(islice("abc", None)), list(islice(count(), 3, 3)), list(islice("abcd", 2))
list(accumulate([1, 2, 3])), list(accumulate([3, 1, 2], max)), list(accumulate([], initial=7))
list(zip_longest("abc", [1], fillvalue=0)), list(zip_longest())
list(map(list, batched("abcdefg", 3)))
[(key, "".join(group)) for key, group in groupby("aAbBB", str.lower)]
[key for key, _ in groupby([1, 1, 2, 2, 1])]
list(pairwise("abcd")), list(pairwise("a"))
list(compress("abcdef", [1, 0, 1, 0, 1])), list(dropwhile(str.isdigit, "12a3")), list(takewhile(str.isdigit, "12a3"))
list(filterfalse(None, [0, 1, "", "x"])), list(starmap(pow, [(2, 3), (3, 2)]))
[list(each) for each in tee("abc", 3)]
list(islice(count(10, -3), 4)), list(islice(count(0.5), 3)), list(islice(repeat(1), 3))
""".splitlines():
    show(line)
