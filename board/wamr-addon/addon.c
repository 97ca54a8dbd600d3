/*
 * The addon towards Node (Node-API): load(bytes, stackBytes?) -> { memory, abi(), step() }. Decides
 * what JavaScript sees: every fault is an Error, and nothing is freed while JavaScript can reach
 * any of the three. What a core is, core-instance.c decides.
 * Invariants: one thread of a process loads cores; an instance is freed when its ArrayBuffer and
 * both functions are gone.
 */

#include <node_api.h>
#include <pthread.h>
#include <stdlib.h>

#include "core-instance.h"

/* What JavaScript holds of an instance: the ArrayBuffer, abi and step. */
typedef struct shared_core {
    core_instance *core;
    unsigned holders;
} shared_core;

static void throw_error(napi_env env, const char *message)
{
    bool is_pending = false;
    napi_is_exception_pending(env, &is_pending);
    if (!is_pending) {
        napi_throw_error(env, NULL, message);
    }
}

static void release(napi_env env, void *data, void *hint)
{
    shared_core *shared = hint;
    (void)env;
    (void)data;
    if (--shared->holders == 0) {
        core_free(shared->core);
        free(shared);
    }
}

static napi_value call(napi_env env, shared_core *shared, wasm_function_inst_t function)
{
    uint32_t answer = 0;
    napi_value result = NULL;
    if (!core_call(shared->core, function, &answer)) {
        throw_error(env, shared->core->trap);
        return NULL;
    }
    /* As V8 gives an i32 to JavaScript: signed. */
    napi_create_int32(env, (int32_t)answer, &result);
    return result;
}

static shared_core *shared_of(napi_env env, napi_callback_info info)
{
    void *data = NULL;
    napi_get_cb_info(env, info, NULL, NULL, NULL, &data);
    return data;
}

static napi_value call_abi(napi_env env, napi_callback_info info)
{
    shared_core *shared = shared_of(env, info);
    return call(env, shared, shared->core->abi);
}

static napi_value call_step(napi_env env, napi_callback_info info)
{
    shared_core *shared = shared_of(env, info);
    return call(env, shared, shared->core->step);
}

static bool add_function(napi_env env, napi_value object, const char *name, napi_callback callback,
                         shared_core *shared)
{
    napi_value function;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, shared, &function) != napi_ok
        || napi_add_finalizer(env, function, NULL, release, shared, NULL) != napi_ok) {
        return false;
    }
    shared->holders++;
    return napi_set_named_property(env, object, name, function) == napi_ok;
}

static bool add_memory(napi_env env, napi_value object, shared_core *shared)
{
    core_instance *core = shared->core;
    napi_value memory;
    if (napi_create_external_arraybuffer(env, core->memory, core->memory_bytes, release, shared,
                                         &memory) != napi_ok) {
        return false;
    }
    shared->holders++;
    return napi_set_named_property(env, object, "memory", memory) == napi_ok;
}

/* The object for JavaScript; NULL with an error thrown. Takes the instance over either way. */
static napi_value wrap(napi_env env, core_instance *core)
{
    napi_value object = NULL;
    shared_core *shared = malloc(sizeof(shared_core));
    if (shared == NULL) {
        core_free(core);
        throw_error(env, "out of memory");
        return NULL;
    }
    /* This function holds it too, until the object is whole or given up. */
    *shared = (shared_core){ .core = core, .holders = 1 };
    if (napi_create_object(env, &object) != napi_ok || !add_memory(env, object, shared)
        || !add_function(env, object, "abi", call_abi, shared)
        || !add_function(env, object, "step", call_step, shared)) {
        throw_error(env, "Node could not hold the instance");
        object = NULL;
    }
    release(env, NULL, shared);
    return object;
}

/* WAMR is started by the first thread that loads a core, and stays with it. */
static bool is_owner_thread(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static bool is_owned = false;
    static pthread_t owner;
    pthread_mutex_lock(&mutex);
    if (!is_owned) {
        is_owned = true;
        owner = pthread_self();
    }
    bool is_owner = pthread_equal(owner, pthread_self()) != 0;
    pthread_mutex_unlock(&mutex);
    return is_owner;
}

static bool read_stack_bytes(napi_env env, napi_value value, uint32_t *stack_bytes)
{
    napi_valuetype type;
    napi_typeof(env, value, &type);
    if (type == napi_undefined) {
        *stack_bytes = STACK_BYTES_DEFAULT;
        return true;
    }
    return napi_get_value_uint32(env, value, stack_bytes) == napi_ok
           && *stack_bytes >= STACK_BYTES_MIN && *stack_bytes <= STACK_BYTES_MAX;
}

static napi_value load(napi_env env, napi_callback_info info)
{
    size_t argc = 2;
    napi_value argv[2];
    napi_typedarray_type type;
    void *bytes = NULL;
    size_t size = 0;
    uint32_t stack_bytes = 0;
    char reason[REASON_BYTES] = "";
    if (!is_owner_thread() || !core_runtime_init()) {
        throw_error(env, "WAMR runs on one thread of a process, and not on this one");
        return NULL;
    }
    if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok
        || napi_get_typedarray_info(env, argv[0], &type, &size, &bytes, NULL, NULL) != napi_ok
        || type != napi_uint8_array) {
        throw_error(env, "the module's bytes must be a Uint8Array");
        return NULL;
    }
    if (!read_stack_bytes(env, argv[1], &stack_bytes)) {
        throw_error(env, "stackBytes must be 16 KiB to 16 MiB");
        return NULL;
    }
    core_instance *core = core_load(bytes, size, stack_bytes, reason);
    if (core == NULL) {
        throw_error(env, reason);
        return NULL;
    }
    return wrap(env, core);
}

NAPI_MODULE_INIT()
{
    napi_value function;
    if (napi_create_function(env, "load", NAPI_AUTO_LENGTH, load, NULL, &function) != napi_ok
        || napi_set_named_property(env, exports, "load", function) != napi_ok) {
        throw_error(env, "Node could not hold the addon");
    }
    return exports;
}
