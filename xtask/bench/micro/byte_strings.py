"""bytes: index, slices, find, split, join, integers, struct."""

import struct

import pyperf


def run():
    text = b"alpha,beta,gamma,delta;" * 200
    total = 0
    for byte in text:
        total += byte
    for i in range(len(text)):
        total ^= text[i]
    parts = text.split(b";")
    joined = b"+".join(part.upper() for part in parts)
    found, at = 0, joined.find(b"BETA")
    while at >= 0:
        found += 1
        at = joined.find(b"BETA", at + 1)
    pair = struct.Struct("<Id")
    packed = b"".join(pair.pack(i, i * 0.25) for i in range(2000))
    for number, half in pair.iter_unpack(packed):
        total += number + int(half)
    for i in range(0, len(packed), 8):
        total ^= int.from_bytes(packed[i : i + 4], "little") & 0xFFFF
    return total, found, packed[-12:].hex(), (total & 0xFFFFFFFF).to_bytes(4, "big").hex()


pyperf.Runner().bench_checked("byte_strings", run)
