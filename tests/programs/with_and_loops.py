from contextlib import contextmanager, suppress, ExitStack
@contextmanager
def cm(n):
    print("enter", n)
    try: yield n * 2
    except ValueError as e: print("handled", e)
    finally: print("leave", n)
with cm(1) as a, cm(2) as b: print(a, b)
with cm(3): raise ValueError("v")
with suppress(KeyError): {}["x"]
with ExitStack() as st:
    for i in range(3): st.enter_context(cm(i))
class CM:
    def __init__(s, ret): s.ret = ret
    def __enter__(s): return s
    def __exit__(s, t, v, tb): print(t and t.__name__, v, tb is not None); return s.ret
with CM(True): 1 / 0
try:
    with CM(False): raise KeyError(5)
except KeyError as e: print("out", e)
def r():
    with CM(False): return 5
print(r())
for i in range(3):
    for j in range(3):
        if j == 2: break
        if i == 1: continue
        print(i, j, end="; ")
    else: print("never")
else: print("\ndone")
n = 0
while n < 5:
    n += 1
    if n == 3: continue
    if n == 5: break
else: print("no else")
print(n)
try:
    with 5: pass
except TypeError as e: print(e)
it = iter([1, 2, 3])
for x in it:
    print(x, next(it, None))
print([(x, y) for x in range(3) for y in "ab" if x != 1])
i = 0
while True:
    i += 1
    try:
        if i < 3: continue
        break
    finally: print("fin", i)
def nested():
    try:
        try: raise A
        finally: print("inner")
    except NameError: print("name")
    finally: print("outer")
nested()
