"""What test modules ask of CPython's `_testlimitedcapi` while they are imported, in Python."""
import operator


def sequence_setitem(sequence, index, value):
    operator.setitem(sequence, index, value)


def sequence_delitem(sequence, index):
    operator.delitem(sequence, index)
