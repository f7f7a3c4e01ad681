"""What programs see of functions, code objects and frames: each case runs alone and prints its result."""
import sys

CASES = [
    "def f(a, b=1, *, c=2): 'doc'\nresult = (f.__defaults__, f.__kwdefaults__, f.__doc__, f.__name__, f.__closure__)",
    'def f(a: 1) -> 2: pass\nresult = (f.__annotations__, f.__annotations__ is f.__annotations__)',
    'from __future__ import annotations\ndef f(a: x) -> y: pass\nresult = f.__annotations__',
    'def f(): pass\nf.x = 3\nresult = (f.__dict__, f.x)',
    'def f(): return 1\ndef g(): return 2\nf.__code__ = g.__code__\nresult = f()',
    'def f(): return 1\ntry: f.__code__ = 3\nexcept TypeError as e: result = str(e)',
    'def f(): return 1\ntry: f.__globals__ = 3\nexcept AttributeError as e: result = str(e)',
    "def f(x): return x + y\nF = type(f)\ng = F(f.__code__, {'y': 2}, 'g', (5,))\nresult = (g(), g.__name__, g.__qualname__)",
    'def f(a):\n  def g(): return a\n  return g\ng = f(1)\ntry: type(g)(g.__code__, {})\nexcept TypeError as e: result = str(e)',
    'def f(a):\n  def g(): return a\n  return g\ng = f(1)\ntry: type(g)(g.__code__, {}, None, None, ())\nexcept ValueError as e: result = str(e)',
    'def f(a, /, b, *c, d, **e):\n  x = 1\n  return lambda: (a, x)\nc = f.__code__\nresult = (c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_varnames, c.co_cellvars, c.co_nlocals)',
    "def f(): return 1\ng = f.__code__.replace(co_consts=(7,), co_name='z')\nresult = (g == f.__code__, g.replace() == g, g.co_name, g is g.replace())",
    'def f(a):\n  if a:\n    return 1\n  return 2\nresult = (list(f.__code__.co_lines())[:2], next(f.__code__.co_positions()), list(f.__code__.co_branches()))',
    'def f(): pass\ntry: f.__code__.replace(co_nlocals=3)\nexcept ValueError as e: result = str(e)',
    'def f(): pass\ntry: f.__code__.replace(co_argcount=-1)\nexcept ValueError as e: result = str(e)',
    'def f(): pass\ntry: f.__code__.replace(foo=-1)\nexcept TypeError as e: result = str(e)',
    "def f(x):\n  y = 2\n  return frame().f_locals\np = f(1)\nresult = (p, p == {'x': 1, 'y': 2}, len(p), 'x' in p)",
    "def f(x):\n  frame().f_locals['x'] = 5\n  frame().f_locals['z'] = 6\n  return x, locals()\nresult = f(1)",
    "def f(x):\n  def g(): return x\n  frame().f_locals['x'] = 5\n  return g()\nresult = f(1)",
    "def f(x):\n  try: del frame().f_locals['x']\n  except ValueError as e: return str(e)\nresult = f(1)",
    'def f():\n  return frame().f_lineno, frame().f_back.f_lineno, frame().f_code.co_name\nresult = f()',
    "def f():\n  x = 4\n  return frame()\ng = f()\nresult = [g.f_locals['x'], g.f_back.f_code.co_name]\ng.clear()\nresult.append(g.f_locals)",
    'def f():\n  yield 1\n  yield 2\ng = f()\na = g.gi_frame.f_lasti\nnext(g)\nresult = (a, g.gi_frame.f_lasti, g.gi_frame.f_lineno, g.gi_frame.f_back, g.gi_frame.f_generator is g)',
    'try: frame().clear()\nexcept RuntimeError as e: result = str(e)',
    'try: frame().f_lineno = 1\nexcept ValueError as e: result = str(e)',
]

for number, source in enumerate(CASES):
    namespace = {"__name__": "__main__", "frame": sys._getframe}
    try:
        exec(source, namespace)
        print(number, repr(namespace["result"]))
    except Exception as error:
        print(number, type(error).__name__, error)
