// A sample written for the tests.
#include <stdbool.h>              // it's here
#include "opcode_ids.h"

#define IS_PSEUDO_INSTR(OP)  ( \
    ((OP) == JUMP) || \
    0)

#include "pycore_uop_ids.h"
extern int _PyOpcode_num_popped(int opcode, int oparg);
#ifdef NEED_OPCODE_METADATA
int _PyOpcode_num_popped(int opcode, int oparg)  {
    switch(opcode) {
        case BUILD_LIST:
            return oparg;
        case CACHE:
            return 0;
        case INSTRUMENTED_JUMP_FORWARD:
            return 0;
        case JUMP:
            return 0;
        case JUMP_BACKWARD:
            return 0;
        case JUMP_FORWARD:
            return 0;
        case JUMP_IF_TRUE:
            return 1;
        case LOAD_FAST:
            return 0;
        case NOP:
            return 0;
        case TO_BOOL:
            return 1;
        case TO_BOOL_LIST:
            return 1;
        case UNPACK_EX:
            return 1;
        default:
            return -1;
    }
}
#endif

int _PyOpcode_num_pushed(int opcode, int oparg)  {
    switch(opcode) {
        case BUILD_LIST:
            return 1;
        case CACHE:
            return 0;
        case INSTRUMENTED_JUMP_FORWARD:
            return 0;
        case JUMP:
            return 0;
        case JUMP_BACKWARD:
            return 0;
        case JUMP_FORWARD:
            return 0;
        case JUMP_IF_TRUE:
            return 1;
        case LOAD_FAST:
            return 1;
        case NOP:
            return 0;
        case TO_BOOL:
            return 1;
        case TO_BOOL_LIST:
            return 1;
        case UNPACK_EX:
            return 1 + (oparg & 0xFF) + (oparg >> 8);
        default:
            return -1;
    }
}

enum InstructionFormat {
    INSTR_FMT_IB = 1,
    INSTR_FMT_IX = 2,
    INSTR_FMT_IXC00 = 3,
};

#define HAS_ARG_FLAG (1)
#define HAS_JUMP_FLAG (8)
#define HAS_LOCAL_FLAG (32)
#define HAS_EVAL_BREAK_FLAG (64)
#define HAS_ERROR_FLAG (256)
#define HAS_ESCAPES_FLAG (512)
#define HAS_EXIT_FLAG (1024)
#define HAS_PURE_FLAG (2048)
#define HAS_ERROR_NO_POP_FLAG (16384)
#define OPCODE_HAS_ARG(OP) (_PyOpcode_opcode_metadata[OP].flags & (HAS_ARG_FLAG))

#define OPARG_SIMPLE 0
#define OPARG_CACHE_2 2
#define OPARG_TOP 5

struct opcode_metadata {
    uint8_t valid_entry;
    uint16_t flags;
};

extern const struct opcode_metadata _PyOpcode_opcode_metadata[259];
const struct opcode_metadata _PyOpcode_opcode_metadata[259] = {
    [BUILD_LIST] = { true, INSTR_FMT_IB, HAS_ARG_FLAG | HAS_ERROR_FLAG | HAS_ERROR_NO_POP_FLAG | HAS_ESCAPES_FLAG },
    [CACHE] = { true, INSTR_FMT_IX, 0 },
    [INSTRUMENTED_JUMP_FORWARD] = { true, INSTR_FMT_IB, HAS_ARG_FLAG },
    [JUMP_BACKWARD] = { true, INSTR_FMT_IB, HAS_ARG_FLAG | HAS_JUMP_FLAG | HAS_EVAL_BREAK_FLAG },
    [JUMP_FORWARD] = { true, INSTR_FMT_IB, HAS_ARG_FLAG | HAS_JUMP_FLAG },
    [LOAD_FAST] = { true, INSTR_FMT_IB, HAS_ARG_FLAG | HAS_LOCAL_FLAG | HAS_PURE_FLAG },
    [NOP] = { true, INSTR_FMT_IX, HAS_PURE_FLAG },
    [TO_BOOL] = { true, INSTR_FMT_IXC00, HAS_ERROR_FLAG | HAS_ESCAPES_FLAG },
    [TO_BOOL_LIST] = { true, INSTR_FMT_IXC00, HAS_EXIT_FLAG },
    [UNPACK_EX] = { true, INSTR_FMT_IB, HAS_ARG_FLAG | HAS_ERROR_FLAG | HAS_ESCAPES_FLAG },
    [JUMP] = { true, -1, HAS_ARG_FLAG | HAS_JUMP_FLAG | HAS_EVAL_BREAK_FLAG },
    [JUMP_IF_TRUE] = { true, -1, HAS_ARG_FLAG | HAS_JUMP_FLAG },
};

#define MAX_UOP_PER_EXPANSION 10
struct opcode_macro_expansion {
    int nuops;
    struct { int16_t uop; int8_t size; int8_t offset; } uops[MAX_UOP_PER_EXPANSION];
};
const struct opcode_macro_expansion
_PyOpcode_macro_expansion[256] = {
    [BUILD_LIST] = { .nuops = 1, .uops = { { _BUILD_LIST, OPARG_SIMPLE, 0 } } },
    [LOAD_FAST] = { .nuops = 1, .uops = { { _LOAD_FAST, OPARG_SIMPLE, 0 } } },
    [NOP] = { .nuops = 1, .uops = { { _NOP, OPARG_SIMPLE, 0 } } },
    [TO_BOOL] = { .nuops = 1, .uops = { { _TO_BOOL, OPARG_SIMPLE, 2 } } },
    [TO_BOOL_LIST] = { .nuops = 2, .uops = { { _GUARD_TOS_LIST, OPARG_SIMPLE, 0 }, { _TO_BOOL_LIST, 0, 3 } } },
    [UNPACK_EX] = { .nuops = 1, .uops = { { _UNPACK_EX, OPARG_SIMPLE, 0 } } },
};

const char *_PyOpcode_OpName[259] = {
    [BUILD_LIST] = "BUILD_LIST",
    [CACHE] = "CACHE",
    [INSTRUMENTED_JUMP_FORWARD] = "INSTRUMENTED_JUMP_FORWARD",
    [JUMP] = "JUMP",
    [JUMP_BACKWARD] = "JUMP_BACKWARD",
    [JUMP_FORWARD] = "JUMP_FORWARD",
    [JUMP_IF_TRUE] = "JUMP_IF_TRUE",
    [LOAD_FAST] = "LOAD_FAST",
    [NOP] = "NOP",
    [TO_BOOL] = "TO_BOOL",
    [TO_BOOL_LIST] = "TO_BOOL_LIST",
    [UNPACK_EX] = "UNPACK_EX",
};

const uint8_t _PyOpcode_Caches[256] = {
    [TO_BOOL] = 3,
};

const uint8_t _PyOpcode_Deopt[256] = {
    [121] = 121,
    [BUILD_LIST] = BUILD_LIST,
    [CACHE] = CACHE,
    [INSTRUMENTED_JUMP_FORWARD] = INSTRUMENTED_JUMP_FORWARD,
    [JUMP_BACKWARD] = JUMP_BACKWARD,
    [JUMP_FORWARD] = JUMP_FORWARD,
    [LOAD_FAST] = LOAD_FAST,
    [NOP] = NOP,
    [TO_BOOL] = TO_BOOL,
    [TO_BOOL_LIST] = TO_BOOL,
    [UNPACK_EX] = UNPACK_EX,
};

#define EXTRA_CASES \
    case 121: \
        ;
struct pseudo_targets {
    uint8_t as_sequence;
    uint8_t targets[4];
};
const struct pseudo_targets _PyOpcode_PseudoTargets[2] = {
    [JUMP-256] = { 0, { JUMP_FORWARD, JUMP_BACKWARD, 0, 0 } },
    [JUMP_IF_TRUE-256] = { 1, { TO_BOOL, JUMP_FORWARD, 0, 0 } },
};

static inline bool
is_pseudo_target(int pseudo, int target) {
    if (pseudo < 256) {
        return false;
    }
    return true;
}
