// A sample written for the tests.
#define _EXIT_TRACE 300
#define _SET_IP 301
#define _BUILD_LIST BUILD_LIST
#define _GUARD_TOS_LIST 302
#define _INSTRUMENTED_JUMP_FORWARD INSTRUMENTED_JUMP_FORWARD
#define _LOAD_FAST 303
#define _LOAD_FAST_0 304
#define _LOAD_FAST_1 305
#define _NOP NOP
#define _TO_BOOL 306
#define _TO_BOOL_LIST 307
#define _UNPACK_EX UNPACK_EX
#define MAX_UOP_ID 307
