"""What test modules ask of CPython's `_testlimitedcapi` while they are imported, in Python."""
import operator


def sequence_setitem(sequence, index, value):
    operator.setitem(sequence, index, value)


def sequence_delitem(sequence, index):
    operator.delitem(sequence, index)


def sequence_getitem(sequence, index):
    return operator.getitem(sequence, index)


def object_hasattrstring(value, name):
    return hasattr(value, name.decode())
