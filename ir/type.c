/* ir/type.c: what types and operations are: their ranges, names and promotion.
 *
 *     type_promote(u8, i16) = i16     type_promote(u32, u8) = u32     type_promote(i64, f16) = f16
 */
#include "ir.h"

#include <stdio.h>
#include <string.h>

const ir_op_info ir_ops[IR_OP_COUNT] = {
#define IR_OP(id, spelling, cls, nargs, brief) {#id, spelling, brief, IRC_##cls, nargs},
#include "ir.def"
#undef IR_OP
};

int64_t type_min(cb_type t)
{
    return t.code == CB_INT ? (int64_t)(UINT64_MAX << (t.bits - 1)) : 0;
}

int64_t type_max(cb_type t)
{
    unsigned bits = t.code == CB_INT ? t.bits - 1u : t.bits;
    return bits >= 64 ? -1 : (int64_t)((UINT64_C(1) << bits) - 1);
}

bool type_can_hold(cb_type t, int64_t v)
{
    if (type_is_float(t))
        return value_round(t, (double)v) == (double)v && (double)v < 9223372036854775808.0 &&
               (int64_t)(double)v == v;
    if (t.code == CB_HANDLE || (t.code == CB_UINT && t.bits == 64))
        return true;
    return v >= type_min(t) && v <= type_max(t);
}

const char *type_name(cb_type t, char *buffer)
{
    static const char *const letters[] = {"i", "u", "f", "bf"};
    char base[12];
    if (t.lanes == 0 || t.bits == 0)
        return strcpy(buffer, "void");
    if (t.code == CB_HANDLE)
        strcpy(base, "handle");
    else if (type_is_bool(t))
        strcpy(base, "bool");
    else
        snprintf(base, sizeof base, "%s%u", t.code <= CB_BFLOAT ? letters[t.code] : "?", t.bits);
    if (t.lanes == 1)
        strcpy(buffer, base);
    else
        snprintf(buffer, 16, "%.8sx%u", base, t.lanes);
    return buffer;
}

bool type_parse(const char *name, cb_type *t)
{
    static const struct {
        const char *name;
        cb_type type;
    } all[] = {
        {"i8", {CB_INT, 8, 1}},     {"i16", {CB_INT, 16, 1}},   {"i32", {CB_INT, 32, 1}},
        {"i64", {CB_INT, 64, 1}},   {"u8", {CB_UINT, 8, 1}},    {"u16", {CB_UINT, 16, 1}},
        {"u32", {CB_UINT, 32, 1}},  {"u64", {CB_UINT, 64, 1}},  {"bool", {CB_UINT, 1, 1}},
        {"f16", {CB_FLOAT, 16, 1}}, {"f32", {CB_FLOAT, 32, 1}}, {"f64", {CB_FLOAT, 64, 1}},
        {"bf16", {CB_BFLOAT, 16, 1}}, {"handle", {CB_HANDLE, 64, 1}},
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (strcmp(all[i].name, name) == 0) {
            *t = all[i].type;
            return true;
        }
    }
    return false;
}

bool type_promote(cb_type a, cb_type b, cb_type *out)
{
    if (a.lanes != b.lanes)
        return false;
    if (a.code == CB_HANDLE || b.code == CB_HANDLE) {
        *out = a;
        return type_eq(a, b);
    }
    if (type_is_float(a) != type_is_float(b)) {
        *out = type_is_float(a) ? a : b;
        return true;
    }
    *out = a.bits >= b.bits ? a : b;
    if (type_is_float(a)) {
        if (a.bits == b.bits && a.code != b.code)
            *out = type_lanes(T_F32, a.lanes); /* f16 with bf16: the narrowest that holds both */
    } else if (a.code != b.code) {
        out->code = CB_INT;
        if (out->bits == 1)
            out->bits = 8;
    }
    return true;
}
