"""The optimizer as CPython's tests reach it, from Taipan's own module about traces."""
try:
    from _tier2 import (
        TIER2_THRESHOLD, add_executor_dependency, clear_executor_deletion_list, get_co_framesize, get_optimizer,
        invalidate_executors, new_counter_optimizer, new_uop_optimizer, set_optimizer,
    )
except ImportError:
    # Another Python only counts the tests.
    TIER2_THRESHOLD = 16
