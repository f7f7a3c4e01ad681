// A sample written for the tests.
#define NB_ADD 0
#define NB_AND 1
#define NB_OPARG_LAST 1
#define CONSTANT_ASSERTIONERROR 0
#define CONSTANT_BUILTIN_TUPLE 1
