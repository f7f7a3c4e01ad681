"""What the programs of this folder share: which specialized opcodes a function holds, and checks of answers."""

import dis
import opcode
import sys

MODE = sys._xoptions.get("specialize", "on")

# Nothing writes them before there are traces.
UNREACHABLE = {"JUMP_BACKWARD_JIT"}

SEEN = set()


def held(function):
    """The names of the opcodes that stand in a function now."""
    return {instruction.opname for instruction in dis.get_instructions(function, adaptive=True)}


def warm(function, *args, times=4):
    """Runs a function until its sites are specialized; answers what it answered last.

    A site that holds an opcode of its family already takes another one only after more than 52 misses.
    """
    for _ in range(times):
        answer = function(*args)
    return answer


def reaches(function, *names):
    """Checks that a function holds these opcodes. Other modes than the usual one hold others."""
    now = held(function)
    SEEN.update(now)
    if MODE == "on":
        missing = set(names) - now
        assert not missing, f"{function.__qualname__} does not hold {sorted(missing)} but {sorted(now)}"
    elif MODE in ("off", "failing"):
        specialized = now & set(opcode._specialized_opmap)
        assert not specialized, f"{function.__qualname__} holds {sorted(specialized)}"


def same(got, wanted):
    """Checks an answer, type included."""
    assert type(got) is type(wanted) and (got == wanted or got != got and wanted != wanted), (
        f"{got!r} instead of {wanted!r}"
    )


def raises(error, function, *args, text=None, **keywords):
    """Checks that a call raises."""
    try:
        answer = function(*args, **keywords)
    except error as raised:
        assert text is None or text in str(raised), f"{raised} does not speak of {text}"
        return raised
    raise AssertionError(f"{function} answers {answer!r} and does not raise {error}")


def finish(*families):
    """The last check of a program: every member of these families was seen."""
    if MODE == "on":
        wanted = {member for family in families for member in opcode._specializations[family]}
        missing = wanted - SEEN - UNREACHABLE
        assert not missing, f"never seen: {sorted(missing)}"
    print("ok")
