// A sample written for the tests.
#include "pycore_uop_ids.h"
extern const uint16_t _PyUop_Flags[MAX_UOP_ID+1];
extern int _PyUop_num_popped(int opcode, int oparg);

#ifdef NEED_OPCODE_METADATA
const uint16_t _PyUop_Flags[MAX_UOP_ID+1] = {
    [_NOP] = HAS_PURE_FLAG,
    [_TO_BOOL] = HAS_ERROR_FLAG | HAS_ESCAPES_FLAG,
    [_GUARD_TOS_LIST] = HAS_EXIT_FLAG,
    [_TO_BOOL_LIST] = 0,
    [_BUILD_LIST] = HAS_ARG_FLAG | HAS_ERROR_FLAG | HAS_ERROR_NO_POP_FLAG | HAS_ESCAPES_FLAG,
    [_LOAD_FAST_0] = HAS_LOCAL_FLAG | HAS_PURE_FLAG,
    [_LOAD_FAST_1] = HAS_LOCAL_FLAG | HAS_PURE_FLAG,
    [_LOAD_FAST] = HAS_ARG_FLAG | HAS_LOCAL_FLAG | HAS_PURE_FLAG,
    [_UNPACK_EX] = HAS_ARG_FLAG | HAS_ERROR_FLAG | HAS_ESCAPES_FLAG,
    [_EXIT_TRACE] = HAS_ESCAPES_FLAG,
    [_SET_IP] = 0,
};

const uint8_t _PyUop_Replication[MAX_UOP_ID+1] = {
    [_LOAD_FAST] = 2,
};

const char *const _PyOpcode_uop_name[MAX_UOP_ID+1] = {
    [_BUILD_LIST] = "_BUILD_LIST",
    [_EXIT_TRACE] = "_EXIT_TRACE",
    [_GUARD_TOS_LIST] = "_GUARD_TOS_LIST",
    [_LOAD_FAST] = "_LOAD_FAST",
    [_LOAD_FAST_0] = "_LOAD_FAST_0",
    [_LOAD_FAST_1] = "_LOAD_FAST_1",
    [_NOP] = "_NOP",
    [_SET_IP] = "_SET_IP",
    [_TO_BOOL] = "_TO_BOOL",
    [_TO_BOOL_LIST] = "_TO_BOOL_LIST",
    [_UNPACK_EX] = "_UNPACK_EX",
};

int _PyUop_num_popped(int opcode, int oparg)
{
    switch(opcode) {
        case _NOP:
            return 0;
        case _TO_BOOL:
        case _TO_BOOL_LIST:
            return 1;
        case _GUARD_TOS_LIST:
            return 0;
        case _BUILD_LIST:
            return oparg;
        case _LOAD_FAST_0:
            return 0;
        case _LOAD_FAST_1:
            return 0;
        case _LOAD_FAST:
            return 0;
        case _UNPACK_EX:
            return 1;
        case _EXIT_TRACE:
            return 0;
        case _SET_IP:
            return 0;
        default:
            return -1;
    }
}
#endif
