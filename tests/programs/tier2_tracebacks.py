# Tracebacks out of traces name the instruction that raised, also where prefixes make its argument longer.
import dis


def raising(error):
    entry = error.__traceback__
    found = []
    while entry is not None:
        code = entry.tb_frame.f_code
        for instruction in dis.get_instructions(code):
            if instruction.offset == entry.tb_lasti:
                found.append((instruction.opname, entry.tb_lineno - code.co_firstlineno))
        entry = entry.tb_next
    return found


def unpack():
    last = None
    for number in range(40):
        value = number if number % 8 == 7 else (number, 1)
        try:
            *first, second = value
        except TypeError as error:
            last = raising(error)
    return last


def counting():
    for number in range(40):
        yield number
    raise ValueError(number)


def far_back(total):
    for number in counting():
        total += number * 2 - number // 3 + number % 5 - number * 2 + number // 3 - number % 5
        total += number * 2 - number // 3 + number % 5 - number * 2 + number // 3 - number % 5
        total += number * 2 - number // 3 + number % 5 - number * 2 + number // 3 - number % 5
        total += number * 2 - number // 3 + number % 5 - number * 2 + number // 3 - number % 5
        total += number * 2 - number // 3 + number % 5 - number * 2 + number // 3 - number % 5
        if total > 10**9:
            break
    return total


print(unpack())
for start in (0, 1.5, 2**62):
    try:
        far_back(start)
    except ValueError as error:
        print(raising(error))
