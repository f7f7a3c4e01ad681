# What Python sees of executors. Run with traces that begin after 16 rounds.
import _opcode
import builtins
import contextlib
import dis
import gc
import io
import sys

import _tier2

ROUNDS = 200


def raises(kind, message, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        assert str(error) == message, str(error)
    else:
        raise AssertionError(f'{function} did not raise')


def hot(source, name='f'):
    namespace = {}
    exec(source, namespace)
    return namespace[name]


def first(function):
    for executor in function.__code__.co_executors:
        return executor


def entered(code):
    # Cache units can look like the opcode: only the right offsets have executors.
    found = {}
    for offset in range(-2, len(code.co_code) + 3):
        with contextlib.suppress(ValueError):
            found[offset] = _opcode.get_executor(code, offset)
    for offset in found:
        assert dis.opname[code._co_code_adaptive[offset]] == 'ENTER_EXECUTOR'
    return found


def count(n):
    total = 0
    for i in range(n):
        total += i
    return total


def get_executor_answers_at_the_instruction_alone():
    code = count.__code__
    raises(ValueError, 'no executor at given byte offset', _opcode.get_executor, code, 0)
    count(ROUNDS)
    [(offset, executor)] = entered(code).items()
    assert code.co_executors == (executor,)
    assert _opcode.get_executor(code=code, offset=offset) is executor
    assert dis.opname[code.co_code[offset]] == 'JUMP_BACKWARD'
    assert dis.opname[code._co_code_adaptive[offset]] == 'ENTER_EXECUTOR'
    assert code._co_code_adaptive[offset + 1] == 0
    assert dis._all_opname[executor.get_opcode()] == 'JUMP_BACKWARD_JIT'
    assert executor.get_oparg() == code.co_code[offset + 1]
    raises(TypeError, "expected a code object, not 'int'", _opcode.get_executor, 1, 2)


def an_executor_is_a_sequence_of_uops():
    count(ROUNDS)
    executor = first(count)
    kind = type(executor)
    assert kind.__name__ == 'uop_executor' and kind.__module__ == 'builtins'
    raises(TypeError, "cannot create 'uop_executor' instances", kind)
    assert repr(executor).startswith('<uop_executor object at 0x')
    rows = list(executor)
    assert len(rows) == len(executor) > 10
    assert rows[0][0] == '_START_EXECUTOR' and '_JUMP_TO_TOP' in [row[0] for row in rows]
    assert all(type(row) is tuple and len(row) == 4 for row in rows)
    assert executor[0] == rows[0] and executor[-1] == rows[-1] and rows[3] in executor
    assert list(reversed(executor)) == rows[::-1]
    assert executor.get_trace() == [row[:3] for row in rows]
    for index in (len(rows), -len(rows) - 1):
        raises(IndexError, '', executor.__getitem__, index)
    raises(TypeError, "sequence index must be integer, not 'slice'", lambda: executor[1:2])
    raises(TypeError, "sequence index must be integer, not 'str'", lambda: executor['a'])
    raises(IndexError, "cannot fit 'int' into an index-sized integer", lambda: executor[1 << 70])
    assert executor.is_valid() is True
    assert hash(executor) == hash(executor) and executor == executor != first
    raises(AttributeError, "'uop_executor' object has no attribute 'x' and no __dict__ for setting new attributes",
           setattr, executor, 'x', 1)


def long_jumps_have_their_executor_in_front_of_the_prefix():
    rare = '\n'.join(f'            a{i} = i' for i in range(290))
    f = hot(f'def f(n):\n    for i in range(n):\n        if i < 0:\n{rare}\n        last = i\n')
    f(ROUNDS)
    adaptive, plain = f.__code__._co_code_adaptive, f.__code__.co_code
    [offset] = entered(f.__code__)
    assert dis.opname[plain[offset]] == 'EXTENDED_ARG' and dis.opname[plain[offset + 2]] == 'JUMP_BACKWARD'
    executor = _opcode.get_executor(f.__code__, offset)
    assert dis.opname[executor.get_opcode()] == 'EXTENDED_ARG'
    assert executor.get_oparg() == plain[offset + 1]
    assert ('_STORE_FAST', 292) in [row[:2] for row in executor]


def executors_are_in_the_order_of_their_numbers_and_those_of_inner_code_follow():
    f = hot('''
def f(n):
    for i in range(n): pass
    def g():
        for i in range(n): pass
    for i in range(n): pass
    g()
    return g
''')
    g = f(ROUNDS)
    own = [executor for executor in f.__code__.co_executors if executor not in g.__code__.co_executors]
    adaptive = f.__code__._co_code_adaptive
    numbers = {adaptive[offset + 1]: executor for offset, executor in entered(f.__code__).items()}
    assert own == [numbers[n] for n in sorted(numbers)] and len(own) == 2
    assert f.__code__.co_executors == (*own, *g.__code__.co_executors) and len(g.__code__.co_executors) == 1
    raises(AttributeError, "attribute 'co_executors' of 'code' objects is not writable",
           setattr, f.__code__, 'co_executors', ())


def disassembly_shows_the_instruction_behind():
    f = hot('def f(n):\n    for i in range(n): pass\n')
    cold = dis.Bytecode(f).dis()
    hidden = f.__code__.co_code
    copy = f.__code__.replace()
    f(ROUNDS)
    assert first(f)
    assert f.__code__.co_code == hidden and dis.Bytecode(f).dis() == cold
    assert f.__code__ == copy and hash(f.__code__) == hash(copy) and copy.co_executors == ()
    names = [row.opname for row in dis.get_instructions(f, adaptive=True)]
    assert 'JUMP_BACKWARD_JIT' in names and 'FOR_ITER_RANGE' in names, names
    caches = [row.cache_info for row in dis.get_instructions(f, adaptive=True) if row.opname == 'JUMP_BACKWARD_JIT']
    assert [name for name, size, data in caches[0]] == ['counter']
    out = io.StringIO()
    dis.dis(f, adaptive=True, show_caches=True, file=out)
    assert 'JUMP_BACKWARD_JIT' in out.getvalue() and 'CACHE' in out.getvalue()


def the_code_can_be_read_as_it_runs():
    f = hot('def f(n):\n    for i in range(n): pass\n')
    assert 'ENTER_EXECUTOR' not in _tier2.disassembly(f.__code__)
    f(ROUNDS)
    lines = _tier2.disassembly(f.__code__).splitlines()
    [(offset, executor)] = entered(f.__code__).items()
    [at] = [n for n, line in enumerate(lines) if 'ENTER_EXECUTOR' in line]
    assert lines[at].split() == [str(offset), 'ENTER_EXECUTOR', '0']
    assert lines[at + 1].split() == ['in', 'the', 'place', 'of', 'JUMP_BACKWARD_JIT', str(executor.get_oparg())]
    shown = [line.split() for line in lines[at + 2:at + 2 + len(executor)]]
    rows = [[str(n), *map(str, row)] for n, row in enumerate(executor.get_trace())]
    assert shown == rows
    assert lines[at + 2 + len(executor)].split()[1] == 'END_FOR'


def what_is_invalidated_stays_readable():
    f = hot('def f(n):\n    for i in range(n): pass\n')
    f(ROUNDS)
    executor = first(f)
    opcode, oparg, rows = executor.get_opcode(), executor.get_oparg(), list(executor)
    sys._clear_internal_caches()
    assert executor.is_valid() is False
    assert f.__code__.co_executors == ()
    assert dis.opname[dis.ENTER_EXECUTOR] not in [row.opname for row in dis.get_instructions(f, adaptive=True)]
    assert not entered(f.__code__)
    _tier2.clear_executor_deletion_list()
    assert (executor.get_opcode(), executor.get_oparg(), list(executor)) == (opcode, oparg, rows)
    assert executor.get_trace() == [row[:3] for row in rows]
    f(ROUNDS)
    assert first(f) is not executor and first(f).is_valid()
    f.__code__ = f.__code__.replace()
    f(ROUNDS)
    executor = first(f)
    del f
    gc.collect()
    assert executor.is_valid() is False and list(executor)


def dependencies_are_objects_of_any_kind():
    objects = [object(), [], 10 ** 40, 7, None, 1.5, count, count.__code__]
    functions = [hot('def f(n):\n    for i in range(n): pass\n') for _ in objects]
    for f, thing in zip(functions, objects):
        f(ROUNDS)
        _tier2.add_executor_dependency(first(f), thing)
    executors = [first(f) for f in functions]
    for index, thing in enumerate(objects):
        assert executors[index].is_valid()
        _tier2.invalidate_executors(thing)
        assert not executors[index].is_valid()
    f = hot('def f(n):\n    for i in range(n): pass\n')
    f(ROUNDS)
    executor = first(f)
    _tier2.invalidate_executors(f.__code__)
    assert not executor.is_valid()
    raises(TypeError, "add_executor_dependency() argument 1 must be uop_executor, not int",
           _tier2.add_executor_dependency, 1, 2)


def the_optimizer_can_be_replaced():
    usual = _tier2.get_optimizer()
    assert usual.calls_to_optimize >= usual.optimizations_completed > 0
    assert usual.optimizations_attempted == usual.optimizations_completed + usual.optimizations_failed
    raises(TypeError, "cannot create '_tier2.optimizer' instances", type(usual))
    raises(TypeError, "expected an optimizer or None, not 'int'", _tier2.set_optimizer, 1)
    assert _tier2.TIER2_THRESHOLD == 16
    try:
        counting = _tier2.new_counter_optimizer()
        _tier2.set_optimizer(counting)
        assert _tier2.get_optimizer() is counting and counting.get_count() == 0
        f = hot('def f(n):\n    for i in range(n): pass\n')
        f(15)
        assert counting.get_count() == 0
        f(1)
        assert counting.get_count() == 1
        f(ROUNDS)
        assert 1 < counting.get_count() < 20 and not f.__code__.co_executors
        assert counting.calls_to_optimize == counting.get_count() and counting.optimizations_attempted == 0
        _tier2.set_optimizer(None)
        assert _tier2.get_optimizer() is None
        g = hot('def f(n):\n    for i in range(n): pass\n')
        g(ROUNDS)
        assert not g.__code__.co_executors
        making = _tier2.new_uop_optimizer()
        _tier2.set_optimizer(making)
        g = hot('def f(n):\n    for i in range(n): pass\n')
        g(ROUNDS)
        assert first(g) and making.optimizations_completed == making.get_count() == 1
    finally:
        _tier2.set_optimizer(usual)
    assert _tier2.get_optimizer() is usual


def is_active_is_about_the_innermost_frame():
    assert sys._jit.is_available() and sys._jit.is_enabled() and not sys._jit.is_active()
    is_active = sys._jit.is_active
    inner = []

    def probe(_):
        inner.append(is_active())

    def calls(n):
        seen = []
        for i in range(n):
            seen.append(is_active())
            list(map(probe, (1,)))
            seen.append(is_active())
        return seen
    seen = calls(ROUNDS)
    assert seen[:2] == [False, False] and seen[-2:] == [True, True], seen
    assert not any(inner)
    assert not is_active()
    assert repr(sys._jit) == "<module 'sys._jit'>" and 'sys._jit' not in sys.modules


def the_frame_of_a_module_knows_the_executors_inside():
    namespace = {}
    exec('''
import sys
def loop():
    for _ in range(200):
        pass
    return None
loop()
loop()
ex = sys._getframe().f_code.co_executors[0]
lines = [f'{name:35} {oparg:5} {target}' for name, oparg, target in ex.get_trace()]
''', namespace)
    assert lines_of(namespace) == [row[0] for row in namespace['loop'].__code__.co_executors[0]]


def lines_of(namespace):
    return [line.split()[0] for line in namespace['lines']]


def rare_events_are_counted():
    class A:
        pass

    class B:
        pass

    class C(B):
        pass

    def function(x=0):
        pass

    _tier2.reset_rare_event_counters()
    A().__class__ = B
    C.__bases__ = (A,)
    function.__code__ = function.__code__
    function.__defaults__ = function.__kwdefaults__ = None
    builtins.rare = 1
    expected = {'set_class': 1, 'set_bases': 1, 'builtin_dict': 1, 'func_modification': 3}
    assert _tier2.get_rare_event_counters() == expected, _tier2.get_rare_event_counters()
    del builtins.rare
    _tier2.reset_rare_event_counters()
    assert not any(_tier2.get_rare_event_counters().values())


for test in list(globals().values()):
    if type(test) is type(hot) and test.__code__.co_argcount == 0 and test.__module__ == '__main__':
        test()
print('ok')
