from dataclasses import dataclass
@dataclass
class Pt:
    x: int
    y: int = 0
def m(v):
    match v:
        case 0 | 1: return "small"
        case int(n) if n > 100: return f"big {n}"
        case int(): return "int"
        case "a" | "b" as s: return f"str {s}"
        case [1, *rest]: return f"list1 {rest}"
        case [a, b]: return f"two {a} {b}"
        case (): return "empty"
        case {"k": v2, **rest}: return f"map {v2} {rest}"
        case Pt(x=0, y=y): return f"pt0 {y}"
        case Pt(a, b): return f"pt {a} {b}"
        case None: return "none"
        case float(f): return f"float {f}"
        case _: return "other"
for v in (0, 1, 5, 500, "a", "z", [1, 2, 3], [4, 5], [], {"k": 1, "z": 2}, {}, Pt(0, 3), Pt(1, 2), None, 2.5, b"x", True, (1,), {1, 2}):
    print(repr(v), "->", m(v))
print(Pt(1) == Pt(1, 0), Pt(1), Pt.__match_args__)
