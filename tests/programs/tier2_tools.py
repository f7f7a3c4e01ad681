# What tools are told of does not depend on traces.
import sys

log = []


def trace(frame, event, argument):
    log.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
    return trace


def traced_anew_in_each_round():
    for number in range(6):
        square = number * number
        if number == 3:
            sys.settrace(trace)
            sys._getframe().f_trace = trace
        sys.settrace(trace if number > 2 else None)
    sys.settrace(None)
    return square


print(traced_anew_in_each_round())
print(*log, sep="\n")
