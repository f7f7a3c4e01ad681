"""All the programs of this folder in one process: together they see every specialized opcode there is."""

import opcode

import sites

for name in (
    "globals",
    "attributes",
    "supers",
    "calls",
    "arithmetic",
    "subscripts",
    "truth",
    "iteration",
    "mixed",
):
    __import__(name)

finish = sites.finish
finish(*opcode._specializations)
if sites.MODE == "on":
    listed = {member for members in opcode._specializations.values() for member in members}
    # BINARY_OP_INPLACE_ADD_UNICODE is in the map, but in no family.
    missing = set(opcode._specialized_opmap) - listed - sites.SEEN - sites.UNREACHABLE
    assert not missing, missing
