"""What test_monitoring asks of CPython's `_testcapi`: events that C code fires. There is no C code here."""
import sys
import unittest


class CodeLike:
    def __init__(self, number_of_events):
        # A `setUp` that does not come to its end would keep its tool.
        if sys._getframe(1).f_code.co_name != "setUp":
            raise unittest.SkipTest("about events that C code fires")


def monitoring_enter_scope(code, *events):
    raise unittest.SkipTest("about events that C code fires")


def __getattr__(name):
    if name.startswith("fire_event_"):
        return monitoring_enter_scope
    raise AttributeError(name)
