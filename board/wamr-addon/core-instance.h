/*
 * One instance of the core under the WebAssembly Micro Runtime. Decides what a module must have
 * (exports, types, a memory that never moves) and that a trap is for good. Knows nothing of Node.
 * Invariants: one thread; the memory's address and size are the same from load to free.
 */
#ifndef CORE_INSTANCE_H
#define CORE_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasm_export.h"

/* Longest reason for a refused module or a trap, with its end. */
#define REASON_BYTES 256

/* What a step may use of WAMR's own stack: the core's frames and operands, never its memory. */
#define STACK_BYTES_DEFAULT (256u * 1024u)
#define STACK_BYTES_MIN (16u * 1024u)
#define STACK_BYTES_MAX (16u * 1024u * 1024u)

/* WAMR's heap inside the linear memory is for host calls that allocate there; the core has none. */
#define HEAP_BYTES 0u

typedef struct core_instance {
    uint8_t *bytes; /* own copy of the module: WAMR edits and keeps it */
    wasm_module_t module;
    wasm_module_inst_t instance;
    wasm_exec_env_t env;
    wasm_function_inst_t abi;
    wasm_function_inst_t step;
    uint8_t *memory;
    size_t memory_bytes;
    bool is_dead;
    char trap[REASON_BYTES];
} core_instance;

/* Starts WAMR in this process, once; false when it cannot. */
bool core_runtime_init(void);

/*
 * An instance of the module, to be given to core_free. NULL when these bytes are no core: `reason`
 * (REASON_BYTES long) says why.
 */
core_instance *core_load(const uint8_t *bytes, size_t size, uint32_t stack_bytes, char *reason);

/*
 * Calls abi or step; `result` is what it answers. False when it trapped, now or before: `trap` of
 * the instance says how, and the instance stays dead.
 */
bool core_call(core_instance *core, wasm_function_inst_t function, uint32_t *result);

/* Frees everything, the memory too. NULL is allowed. */
void core_free(core_instance *core);

#endif
