//! What programs see of functions, code objects and frames.

mod program;

#[test]
fn functions() {
    program::check(&[
        ("def f(a, b=1, *, c=2): 'doc'\nresult = (f.__defaults__, f.__kwdefaults__, f.__doc__, f.__name__, f.__closure__)", "((1,), {'c': 2}, 'doc', 'f', None)"),
        ("def f(a: 1) -> 2: pass\nresult = (f.__annotations__, f.__annotations__ is f.__annotations__)", "({'a': 1, 'return': 2}, True)"),
        ("from __future__ import annotations\ndef f(a: x) -> y: pass\nresult = f.__annotations__", "{'a': 'x', 'return': 'y'}"),
        ("def f(): pass\nf.x = 3\nresult = (f.__dict__, f.x)", "({'x': 3}, 3)"),
        ("def f(): return 1\ndef g(): return 2\nf.__code__ = g.__code__\nresult = f()", "2"),
        ("def f(): return 1\ntry: f.__code__ = 3\nexcept TypeError as e: result = str(e)", "'__code__ must be set to a code object'"),
        ("def f(): return 1\ntry: f.__globals__ = 3\nexcept AttributeError as e: result = str(e)", "'readonly attribute'"),
        ("def f(x): return x + y\nF = type(f)\ng = F(f.__code__, {'y': 2}, 'g', (5,))\nresult = (g(), g.__name__, g.__qualname__)", "(7, 'g', 'f')"),
        ("def f(a):\n  def g(): return a\n  return g\ng = f(1)\ntry: type(g)(g.__code__, {})\nexcept TypeError as e: result = str(e)", "'arg 5 (closure) must be tuple'"),
        ("def f(a):\n  def g(): return a\n  return g\ng = f(1)\ntry: type(g)(g.__code__, {}, None, None, ())\nexcept ValueError as e: result = str(e)", "'g requires closure of length 1, not 0'"),
    ]);
}

#[test]
fn code_objects() {
    program::check(&[
        ("def f(a, /, b, *c, d, **e):\n  x = 1\n  return lambda: (a, x)\nc = f.__code__\nresult = (c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_varnames, c.co_cellvars, c.co_nlocals)", "(2, 1, 1, ('a', 'b', 'd', 'c', 'e', 'x'), ('a', 'x'), 6)"),
        ("def f(): return 1\ng = f.__code__.replace(co_consts=(7,), co_name='z')\nresult = (g == f.__code__, g.replace() == g, g.co_name, g is g.replace())", "(False, True, 'z', False)"),
        ("def f(a):\n  if a:\n    return 1\n  return 2\nresult = (list(f.__code__.co_lines())[:2], next(f.__code__.co_positions()), list(f.__code__.co_branches()))", "([(0, 2, 1), (2, 14, 2)], (1, 1, 0, 0), [(4, 14, 18)])"),
        ("def f(): pass\ntry: f.__code__.replace(co_nlocals=3)\nexcept ValueError as e: result = str(e)", "'code: co_nlocals != len(co_varnames)'"),
        ("def f(): pass\ntry: f.__code__.replace(co_argcount=-1)\nexcept ValueError as e: result = str(e)", "'co_argcount must be a positive integer'"),
        ("def f(): pass\ntry: f.__code__.replace(foo=-1)\nexcept TypeError as e: result = str(e)", "\"replace() got an unexpected keyword argument 'foo'\""),
        ("def f(): pass\nf.__code__ = f.__code__.replace(co_code=b'')\ntry: f()\nexcept SystemError as e: result = str(e)", "'unknown opcode 0'"),
        ("C = type((lambda: 0).__code__)\nc = C(1, 0, 0, 1, 2, 3, b'\\x80\\x00S\\x00#\\x00', (), (), ('x',), 'f', 'n', 'q', 1, b'', b'')\nF = type(lambda: 0)\nresult = F(c, {})(5)", "5"),
    ]);
}

#[test]
fn frames() {
    program::check(&[
        ("def f(x):\n  y = 2\n  return frame().f_locals\np = f(1)\nresult = (p, p == {'x': 1, 'y': 2}, len(p), 'x' in p)", "({'x': 1, 'y': 2}, True, 2, True)"),
        ("def f(x):\n  frame().f_locals['x'] = 5\n  frame().f_locals['z'] = 6\n  return x, locals()\nresult = f(1)", "(5, {'x': 5, 'z': 6})"),
        ("def f(x):\n  def g(): return x\n  frame().f_locals['x'] = 5\n  return g()\nresult = f(1)", "5"),
        ("def f(x):\n  try: del frame().f_locals['x']\n  except ValueError as e: return str(e)\nresult = f(1)", "'cannot remove local variables from FrameLocalsProxy'"),
        ("def f():\n  return frame().f_lineno, frame().f_back.f_lineno, frame().f_code.co_name\nresult = f()", "(2, 3, 'f')"),
        ("def f():\n  x = 4\n  return frame()\ng = f()\nresult = [g.f_locals['x'], g.f_back.f_code.co_name]\ng.clear()\nresult.append(g.f_locals)", "[4, '<module>', {}]"),
        ("def f():\n  yield 1\n  yield 2\ng = f()\na = g.gi_frame.f_lasti\nnext(g)\nresult = (a, g.gi_frame.f_lasti, g.gi_frame.f_lineno, g.gi_frame.f_back, g.gi_frame.f_generator is g)", "(2, 10, 2, None, True)"),
        ("try: frame().clear()\nexcept RuntimeError as e: result = str(e)", "'cannot clear an executing frame'"),
        ("try: frame().f_lineno = 1\nexcept ValueError as e: result = str(e)", "'f_lineno can only be set in a trace function'"),
    ]);
}
