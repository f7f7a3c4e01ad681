// A sample written for the tests.
#define MAX_BACKOFF 12
static inline int f(int c) { return c == '"' ? 0x1F : 'x' + 1.5e-3; }
