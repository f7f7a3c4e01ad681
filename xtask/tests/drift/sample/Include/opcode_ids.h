// A sample written for the tests.
#ifndef SAMPLE_OPCODE_IDS_H
#define SAMPLE_OPCODE_IDS_H
#ifdef __cplusplus
extern "C" {
#endif

/* numbers,
   in order */
#define CACHE                       0
#define NOP                        27
#define TO_BOOL                    39
#define BUILD_LIST                 46
#define JUMP_BACKWARD              75
#define JUMP_FORWARD               77
#define LOAD_FAST                  84
#define UNPACK_EX                 118
#define TO_BOOL_LIST              206
#define INSTRUMENTED_JUMP_FORWARD 239
#define JUMP                      257
#define JUMP_IF_TRUE              258

#define HAVE_ARGUMENT 43

#ifdef __cplusplus
}
#endif
#endif /* !SAMPLE_OPCODE_IDS_H */
