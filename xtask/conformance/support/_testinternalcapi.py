"""What CPython's tests ask of its `_testinternalcapi`, as far as another Python can answer.

The rest is about structures of CPython's own: those tests are skipped.
"""
import sys
import unittest

SIZEOF_PYGC_HEAD = 0


def _about_cpython(*args, **kwargs):
    raise unittest.SkipTest("about a structure of CPython's own")


has_inline_values = get_object_dict_values = new_instruction_sequence = _about_cpython


def get_config():
    return {"code_debug_ranges": 1}


def get_immortalize_deferred():
    return False


def suppress_immortalization(suppress):
    pass


def get_recursion_depth():
    depth, frame = 0, sys._getframe(1)
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    return depth
