// A sample written for the tests.
#define TRACE_LENGTH 800
#define TY_ARENA_SIZE (TRACE_LENGTH * 5)
#define DPRINTF(level, ...) printf("#define %s \"", __VA_ARGS__)
