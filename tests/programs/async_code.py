import types
class Ready:
    def __init__(self, v): self.v = v
    def __await__(self):
        got = yield self.v
        return got
async def add(a, b):
    x = await Ready(a)
    y = await Ready(b)
    return x + y
def run(coro):
    try:
        v = coro.send(None)
        while True:
            print("suspended with", v)
            v = coro.send(v * 10)
    except StopIteration as e:
        return e.value
print(run(add(1, 2)))
class CM:
    async def __aenter__(self): print("aenter"); return await add(1, 1)
    async def __aexit__(self, *a): print("aexit", a[0])
class It:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n == 0: raise StopAsyncIteration
        self.n -= 1
        return self.n
async def main():
    async with CM() as v:
        print("v", v)
    async for i in It(3): print("i", i)
    else: print("else")
    print([i async for i in It(3) if i], {i: await add(i, 0) async for i in It(2)})
    return "end"
print(run(main()))
async def agen():
    for i in range(3):
        r = yield i
        if r: print("got", r)
async def use():
    out = []
    async for x in agen(): out.append(x)
    a = agen()
    out.append(await a.asend(None)); out.append(await a.asend("hello"))
    await a.aclose()
    return out
print(run(use()))
@types.coroutine
def old():
    x = yield "old"
    return x
async def useold(): return await old()
print(run(useold()))
