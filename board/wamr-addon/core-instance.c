/* See core-instance.h. Source of the calls used: wasm_export.h of WAMR 2.4.3, public part only. */

#include "core-instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char EXCEPTION_PREFIX[] = "Exception: ";

bool core_runtime_init(void)
{
    static bool is_up = false;
    if (!is_up && wasm_runtime_init()) {
        wasm_runtime_set_log_level(WASM_LOG_LEVEL_FATAL);
        is_up = true;
    }
    return is_up;
}

static bool has_imports(wasm_module_t module, char *reason)
{
    wasm_import_t import;
    if (wasm_runtime_get_import_count(module) <= 0) {
        return false;
    }
    wasm_runtime_get_import_type(module, 0, &import);
    snprintf(reason, REASON_BYTES, "the module imports %.100s.%.100s; a core imports nothing",
             import.module_name, import.name);
    return true;
}

static bool find_export(wasm_module_t module, const char *name, wasm_export_t *found)
{
    int32_t count = wasm_runtime_get_export_count(module);
    for (int32_t index = 0; index < count; index++) {
        wasm_runtime_get_export_type(module, index, found);
        if (strcmp(found->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* An export that takes nothing and answers one i32. */
static bool has_function(wasm_module_t module, const char *name, char *reason)
{
    wasm_export_t found;
    if (!find_export(module, name, &found)) {
        snprintf(reason, REASON_BYTES, "the module does not export %s", name);
        return false;
    }
    if (found.kind != WASM_IMPORT_EXPORT_KIND_FUNC
        || wasm_func_type_get_param_count(found.u.func_type) != 0
        || wasm_func_type_get_result_count(found.u.func_type) != 1
        || wasm_func_type_get_result_valkind(found.u.func_type, 0) != WASM_I32) {
        snprintf(reason, REASON_BYTES, "the module's %s is not a function () -> i32", name);
        return false;
    }
    return true;
}

/* Growing would move the memory away from under the host's view of it. */
static bool has_static_memory(wasm_module_t module, char *reason)
{
    wasm_export_t found;
    if (!find_export(module, "memory", &found)) {
        snprintf(reason, REASON_BYTES, "the module does not export memory");
        return false;
    }
    if (found.kind != WASM_IMPORT_EXPORT_KIND_MEMORY) {
        snprintf(reason, REASON_BYTES, "the module's memory is not a memory");
        return false;
    }
    if (wasm_memory_type_get_init_page_count(found.u.memory_type)
        != wasm_memory_type_get_max_page_count(found.u.memory_type)) {
        snprintf(reason, REASON_BYTES, "the module's memory can grow; a core's is static");
        return false;
    }
    return true;
}

static bool is_core(wasm_module_t module, char *reason)
{
    return !has_imports(module, reason) && has_function(module, "abi", reason)
           && has_function(module, "step", reason) && has_static_memory(module, reason);
}

static bool take_memory(core_instance *core, char *reason)
{
    wasm_memory_inst_t memory = wasm_runtime_get_default_memory(core->instance);
    if (memory != NULL) {
        core->memory = wasm_memory_get_base_address(memory);
        core->memory_bytes = (size_t)(wasm_memory_get_cur_page_count(memory)
                                      * wasm_memory_get_bytes_per_page(memory));
    }
    if (core->memory == NULL || core->memory_bytes == 0) {
        snprintf(reason, REASON_BYTES, "the module has 0 bytes of memory");
        return false;
    }
    return true;
}

static bool instantiate(core_instance *core, size_t size, uint32_t stack_bytes, char *reason)
{
    core->module = wasm_runtime_load(core->bytes, (uint32_t)size, reason, REASON_BYTES);
    if (core->module == NULL || !is_core(core->module, reason)) {
        return false;
    }
    core->instance =
        wasm_runtime_instantiate(core->module, stack_bytes, HEAP_BYTES, reason, REASON_BYTES);
    if (core->instance == NULL || !take_memory(core, reason)) {
        return false;
    }
    core->env = wasm_runtime_create_exec_env(core->instance, stack_bytes);
    core->abi = wasm_runtime_lookup_function(core->instance, "abi");
    core->step = wasm_runtime_lookup_function(core->instance, "step");
    if (core->env == NULL || core->abi == NULL || core->step == NULL) {
        snprintf(reason, REASON_BYTES, "out of memory: no stack of %u bytes", stack_bytes);
        return false;
    }
    return true;
}

core_instance *core_load(const uint8_t *bytes, size_t size, uint32_t stack_bytes, char *reason)
{
    core_instance *core = calloc(1, sizeof(core_instance));
    if (core == NULL || size > UINT32_MAX || (core->bytes = malloc(size + 1)) == NULL) {
        snprintf(reason, REASON_BYTES, "out of memory: no room for a module of %zu bytes", size);
        free(core);
        return NULL;
    }
    memcpy(core->bytes, bytes, size);
    if (!instantiate(core, size, stack_bytes, reason)) {
        core_free(core);
        return NULL;
    }
    return core;
}

bool core_call(core_instance *core, wasm_function_inst_t function, uint32_t *result)
{
    /* Room for one result; none of the two functions takes an argument. */
    uint32_t cells[1] = { 0 };
    if (core->is_dead) {
        return false;
    }
    if (!wasm_runtime_call_wasm(core->env, function, 0, cells)) {
        const char *exception = wasm_runtime_get_exception(core->instance);
        const char *text = exception == NULL ? "unknown trap" : exception;
        size_t skipped = sizeof(EXCEPTION_PREFIX) - 1;
        if (strncmp(text, EXCEPTION_PREFIX, skipped) == 0) {
            text += skipped;
        }
        snprintf(core->trap, REASON_BYTES, "%s", text);
        core->is_dead = true;
        return false;
    }
    *result = cells[0];
    return true;
}

void core_free(core_instance *core)
{
    if (core == NULL) {
        return;
    }
    if (core->env != NULL) {
        wasm_runtime_destroy_exec_env(core->env);
    }
    if (core->instance != NULL) {
        wasm_runtime_deinstantiate(core->instance);
    }
    if (core->module != NULL) {
        wasm_runtime_unload(core->module);
    }
    free(core->bytes);
    free(core);
}
