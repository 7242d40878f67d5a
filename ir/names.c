/* ir/names.c: what the printers share: names of symbols, spellings of constants and payloads. */
#include "names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ir_loop_words[] = {"serial", "parallel", "vector", "unroll",
                                     "gpu_block", "gpu_thread", "gpu_lane"};
const char *const ir_device_words[] = {"none", "host", "cuda", "opencl"};
const char *const ir_memory_words[] = {"auto", "heap", "stack", "register", "shared"};
const char *const ir_partition_words[] = {"auto", "never", "always"};
const char *const ir_field_words[] = {"min", "extent", "stride", "type_code", "type_bits",
                                      "rank", "is_null", "is_query", "host_null", "bad_version",
                                      "host_low"};
const char *const ir_sym_kind_words[] = {"none", "var", "rvar", "param", "knob", "func", "image",
                                         "loop", "let", "region", "buffer", "extern"};

const char *ir_name_for(ir_names *N, ir_sym s)
{
    cb_context *c = N->ctx;
    uint64_t w;
    if (map_get(&N->of, s, &w))
        return (const char *)(uintptr_t)w;
    const char *base = ir_sym_name(c, s);
    if (!*base)
        base = ctx_string(c, "_");
    const char *name = base;
    /* "x.1" may also be what somebody called a symbol: numbers are tried until one is free. */
    uint64_t k = 0;
    map_get(&N->taken, (uint64_t)(uintptr_t)base, &k);
    while (map_get(&N->taken, (uint64_t)(uintptr_t)name, NULL)) {
        char number[24];
        snprintf(number, sizeof number, ".%llu", (unsigned long long)++k);
        name = ctx_string(c, arena_printf(c->a, "%s%s", base, number));
    }
    map_put(c->a, &N->taken, (uint64_t)(uintptr_t)base, k);
    map_put(c->a, &N->taken, (uint64_t)(uintptr_t)name, name == base ? k : 0);
    map_put(c->a, &N->of, s, (uint64_t)(uintptr_t)name);
    if (N->fresh)
        N->fresh(N->env, s, name);
    return name;
}

void ir_put_float(text *t, cb_type type, double v)
{
    char buffer[40];
    if (isnan(v)) {
        text_put(t, "nan");
        return;
    }
    if (isinf(v)) {
        text_put(t, v < 0 ? "-inf" : "inf");
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(buffer, sizeof buffer, "%.*g", digits, v);
        if (value_round(type, strtod(buffer, NULL)) == v)
            break;
    }
    text_put(t, buffer);
    if (!strpbrk(buffer, ".e"))
        text_put(t, ".0");
}

void ir_put_int(text *t, cb_type type, int64_t v)
{
    if (type.code == CB_INT)
        text_printf(t, "%lld", (long long)v);
    else
        text_printf(t, "%llu", (unsigned long long)v);
}

void ir_put_quoted(text *t, const char *s)
{
    text_put(t, "\"");
    for (; *s; s++) {
        unsigned char ch = (unsigned char)*s;
        if (ch == '"' || ch == '\\')
            text_printf(t, "\\%c", ch);
        else if (ch == '\n')
            text_put(t, "\\n");
        else if (ch < 0x20 || ch == 0x7f)
            text_printf(t, "\\x%02x", ch);
        else
            text_putn(t, s, 1);
    }
    text_put(t, "\"");
}
