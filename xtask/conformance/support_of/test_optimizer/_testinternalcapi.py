"""The counters of rare events, from Taipan's own module about traces."""
try:
    from _tier2 import get_rare_event_counters, reset_rare_event_counters
except ImportError:
    # Another Python only counts the tests.
    pass
