/* ir/read.c: reads the textual form that write.c writes (docs/ir.md).
 *
 * The text is a user's: whatever is wrong with it is reported as `ir-syntax` with file, line and
 * column. Nodes are checked by the typing rules before the constructors see them.
 */
#include "names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum token_kind {
    TOK_END, TOK_OPEN, TOK_CLOSE, TOK_LBRACKET, TOK_RBRACKET, TOK_STRING, TOK_ATOM
} token_kind;

typedef struct token {
    token_kind kind;
    const char *s; /* interned: the atom, or the string without quotes */
    cb_loc loc;
} token;

typedef struct reader {
    cb_context *ctx;
    const char *at, *line_start, *file;
    int line, depth;
    token tok; /* the one to be read next */
    bool failed;
    map syms;   /* interned name -> symbol */
    map shared; /* n of $n -> node */
} reader;

typedef vec(const ir *) nodes;

static void fail(reader *R, cb_loc loc, const char *fmt, ...) CB_PRINTF(3, 4);
static void fail(reader *R, cb_loc loc, const char *fmt, ...)
{
    if (R->failed)
        return;
    va_list ap;
    va_start(ap, fmt);
    const char *what = arena_vprintf(R->ctx->a, fmt, ap);
    va_end(ap);
    diag *d = diag_begin(&R->ctx->diags, DIAG_IR_SYNTAX, loc, "%s", what);
    diag_help(&R->ctx->diags, d, "docs/ir.md has the grammar");
    diag_end(&R->ctx->diags, d);
    R->failed = true;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void skip_blanks(reader *R)
{
    for (; *R->at; R->at++) {
        if (*R->at == '\n') {
            R->line++;
            R->line_start = R->at + 1;
        } else if (*R->at == '#') {
            R->at += strcspn(R->at, "\n") - 1;
        } else if (!strchr(" \t\r", *R->at)) {
            return;
        }
    }
}

static int hex_digit(char ch)
{
    const char *digits = "0123456789abcdef", *p = ch ? strchr(digits, ch) : NULL;
    return p ? (int)(p - digits) : -1;
}

/* After the opening quote. */
static const char *read_string(reader *R)
{
    text t;
    text_init(&t, R->ctx->a);
    for (; *R->at && *R->at != '"' && *R->at != '\n'; R->at++) {
        char ch = *R->at;
        if (ch == '\\') {
            ch = *++R->at;
            if (ch == 'n') {
                ch = '\n';
            } else if (ch == 'x' && hex_digit(R->at[1]) >= 0 && hex_digit(R->at[2]) >= 0) {
                ch = (char)(hex_digit(R->at[1]) * 16 + hex_digit(R->at[2]));
                R->at += 2;
            } else if (ch != '"' && ch != '\\') {
                fail(R, R->tok.loc, "bad escape in a string");
                break;
            }
        }
        text_putn(&t, &ch, 1);
    }
    if (*R->at == '"')
        R->at++;
    else
        fail(R, R->tok.loc, "a string without an end");
    return ctx_string(R->ctx, text_str(&t));
}

static void next(reader *R)
{
    skip_blanks(R);
    token *k = &R->tok;
    *k = (token){.loc = {R->file, R->line, (int)(R->at - R->line_start) + 1}};
    switch (*R->at) {
    case 0: k->kind = TOK_END; return;
    case '(': k->kind = TOK_OPEN; break;
    case ')': k->kind = TOK_CLOSE; break;
    case '[': k->kind = TOK_LBRACKET; break;
    case ']': k->kind = TOK_RBRACKET; break;
    case '"':
        R->at++;
        k->kind = TOK_STRING;
        k->s = read_string(R);
        return;
    default: {
        size_t n = strcspn(R->at, " \t\r\n()[]\"#");
        k->kind = TOK_ATOM;
        k->s = strtab_intern(R->ctx->a, &R->ctx->strings, R->at, n);
        R->at += n;
        return;
    }
    }
    R->at++;
}

static bool expect(reader *R, token_kind kind, const char *what)
{
    if (R->failed)
        return false;
    if (R->tok.kind != kind) {
        fail(R, R->tok.loc, "expected %s", what);
        return false;
    }
    next(R);
    return true;
}

static const char *read_atom(reader *R, const char *what)
{
    const char *s = R->tok.s;
    return R->tok.kind == TOK_ATOM && expect(R, TOK_ATOM, what) ? s
           : (expect(R, TOK_ATOM, what), NULL);
}

static bool parse_number(const char *s, int64_t *v)
{
    char *end;
    errno = 0;
    bool negative = *s == '-';
    if (!isdigit((unsigned char)s[negative]))
        return false;
    *v = negative ? (int64_t)strtoll(s, &end, 10) : (int64_t)strtoull(s, &end, 10);
    return !*end && !errno;
}

static int64_t read_number(reader *R, const char *what, int64_t lo, int64_t hi)
{
    int64_t v = lo;
    cb_loc loc = R->tok.loc;
    const char *s = read_atom(R, what);
    if (s && (!parse_number(s, &v) || v < lo || v > hi)) {
        fail(R, loc, "'%s' is not %s", s, what);
        v = lo;
    }
    return v;
}

static int read_word(reader *R, cb_loc loc, const char *s, const char *const *words, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(s, words[i]) == 0)
            return i;
    const char *near = text_nearest(s, words, (size_t)n);
    fail(R, loc, near ? "unknown word '%s'; did you mean '%s'?" : "unknown word '%s'", s, near);
    return 0;
}

/* "u16", "f32x8" */
static bool parse_type(const char *s, cb_type *t)
{
    char base[12];
    if (strcmp(s, "void") == 0) {
        *t = T_VOID;
        return true;
    }
    if (type_parse(s, t))
        return true;
    const char *x = strrchr(s, 'x');
    int64_t lanes;
    if (!x || (size_t)(x - s) >= sizeof base)
        return false;
    memcpy(base, s, (size_t)(x - s));
    base[x - s] = 0;
    if (!type_parse(base, t) || !parse_number(x + 1, &lanes) || lanes < 2 || lanes > UINT16_MAX)
        return false;
    t->lanes = (uint16_t)lanes;
    return true;
}

static cb_type read_type(reader *R)
{
    cb_type t = T_I32;
    cb_loc loc = R->tok.loc;
    const char *s = read_atom(R, "a type");
    if (s && !parse_type(s, &t))
        fail(R, loc, "'%s' is not a type", s);
    return t;
}

/* ---- symbols --------------------------------------------------------------------------------- */

/* A name: an atom, or @ and a string. `s` is the atom, already read. */
static const char *rest_of_name(reader *R, const char *s)
{
    if (s && strcmp(s, "@") == 0 && R->tok.kind == TOK_STRING) {
        s = R->tok.s;
        next(R);
    }
    return s;
}

static ir_sym find_sym(reader *R, cb_loc loc, const char *name)
{
    uint64_t v = 0;
    if (name && !map_get(&R->syms, (uint64_t)(uintptr_t)name, &v))
        fail(R, loc, "symbol '%s' is not declared", name);
    return (ir_sym)v;
}

static ir_sym read_sym(reader *R)
{
    cb_loc loc = R->tok.loc;
    return find_sym(R, loc, rest_of_name(R, read_atom(R, "a symbol")));
}

/* After "(sym". */
static void read_declaration(reader *R)
{
    cb_loc loc = R->tok.loc;
    const char *name = rest_of_name(R, read_atom(R, "a name")), *own = name;
    cb_loc kind_loc = R->tok.loc;
    const char *word = read_atom(R, "a kind of symbol");
    int kind = word ? read_word(R, kind_loc, word, ir_sym_kind_words, IR_SYM_KIND_WORDS) : 0;
    cb_type t = read_type(R);
    if (R->tok.kind == TOK_STRING) {
        own = R->tok.s;
        next(R);
    }
    expect(R, TOK_CLOSE, "')'");
    if (R->failed)
        return;
    if (map_get(&R->syms, (uint64_t)(uintptr_t)name, NULL))
        fail(R, loc, "symbol '%s' is declared twice", name);
    map_put(R->ctx->a, &R->syms, (uint64_t)(uintptr_t)name,
            ir_sym_new(R->ctx, own, (ir_sym_kind)kind, t, NULL));
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static const ir *read_node(reader *R);

static void read_operands(reader *R, nodes *args)
{
    while (!R->failed && R->tok.kind != TOK_CLOSE) {
        if (R->tok.kind == TOK_END) {
            fail(R, R->tok.loc, "expected ')'");
            return;
        }
        const ir *n = read_node(R);
        if (n)
            vec_push(R->ctx->a, args, n);
    }
    expect(R, TOK_CLOSE, "')'");
}

/* NULL and a report when the typing rule refuses the node that `probe` describes. */
static bool check(reader *R, cb_loc loc, const ir *probe, const nodes *args)
{
    if (R->failed)
        return false;
    for (uint32_t i = 0; i < args->n; i++)
        if (ir_is_poison(args->at[i]) && ir_ops[probe->op].cls != IRC_STMT)
            return true;
    const char *wrong = ir_type_error((ir_op)probe->op, probe->type, probe, args->at, args->n);
    if (wrong)
        fail(R, loc, "%s: %s", ir_ops[probe->op].spelling, wrong);
    return !wrong;
}

static cb_type repeated(reader *R, cb_loc loc, cb_type t, int64_t n)
{
    if ((int64_t)t.lanes * n > UINT16_MAX)
        fail(R, loc, "too many lanes");
    else
        t.lanes = (uint16_t)(t.lanes * n);
    return t;
}

static const int32_t *read_lanes(reader *R, uint32_t *n)
{
    vec(int32_t) lanes = {0};
    expect(R, TOK_LBRACKET, "'['");
    while (!R->failed && R->tok.kind != TOK_RBRACKET) {
        int32_t k = (int32_t)read_number(R, "a lane", 0, INT32_MAX);
        vec_push(R->ctx->a, &lanes, k);
    }
    expect(R, TOK_RBRACKET, "']'");
    if (!R->failed && (lanes.n == 0 || lanes.n > UINT16_MAX))
        fail(R, R->tok.loc, "number of lanes");
    *n = lanes.n;
    return lanes.at;
}

static const ir *read_poison(reader *R)
{
    const char *why = NULL;
    if (R->tok.kind == TOK_STRING) {
        why = R->tok.s;
        next(R);
    }
    return expect(R, TOK_CLOSE, "')'") ? ir_poison(R->ctx, why) : NULL;
}

static const ir *read_field(reader *R)
{
    ir_sym s = read_sym(R);
    cb_loc loc = R->tok.loc;
    const char *word = read_atom(R, "a field");
    int f = word ? read_word(R, loc, word, ir_field_words, FIELD_COUNT) : 0;
    unsigned dim = (unsigned)read_number(R, "a dimension", 0, 15);
    return expect(R, TOK_CLOSE, "')'") ? ir_field(R->ctx, s, (ir_buffer_field)f, dim) : NULL;
}

/* The payload of an expression into *p; *n: repetitions, lanes of the result or 0. Operations whose
 * type does not follow from their operands give it in p->type. */
static void read_payload(reader *R, ir *p, int64_t *n)
{
    cb_loc loc;
    const char *s;
    uint32_t count;
    switch ((int)p->op) {
    case IR_UNDEF:
    case IR_CAST:
    case IR_REINTERPRET: p->type = read_type(R); return;
    case IR_CALL:
    case IR_LOAD:
    case IR_IMPURE:
    case IR_C_CALL:
    case IR_QUERY:
        p->type = read_type(R);
        p->u.ref.sym = read_sym(R);
        p->u.ref.index = (uint32_t)read_number(R, "a number", 0, UINT32_MAX);
        return;
    case IR_RAMP:
    case IR_BROADCAST: *n = read_number(R, "a number of repetitions", 1, UINT16_MAX); return;
    case IR_SHUFFLE:
        p->u.lanes = read_lanes(R, &count);
        *n = count;
        return;
    case IR_REDUCE:
        loc = R->tok.loc;
        s = read_atom(R, "an operation");
        for (p->u.i = 0; s && p->u.i < IR_OP_COUNT; p->u.i++)
            if (strcmp(ir_ops[p->u.i].spelling, s) == 0)
                break;
        if (s && p->u.i == IR_OP_COUNT)
            fail(R, loc, "'%s' is not an operation", s);
        *n = read_number(R, "a number of lanes", 1, UINT16_MAX);
        return;
    case IR_QUERY_DIM: p->u.i = read_number(R, "a slot", 0, INT32_MAX); return;
    case IR_LET: p->u.sym = read_sym(R); return;
    default: return;
    }
}

static const ir *make_expr(reader *R, cb_loc loc, ir *p, int64_t n, const nodes *args)
{
    cb_context *c = R->ctx;
    const ir *const *a = args->at;
    cb_type t = args->n ? a[0]->type : p->type;
    if (ir_ops[p->op].nargs >= 0 && (uint32_t)ir_ops[p->op].nargs != args->n) {
        fail(R, loc, "%s: %u operands instead of %d", ir_ops[p->op].spelling, args->n,
             ir_ops[p->op].nargs);
        return NULL;
    }
    switch ((int)p->op) { /* the type, where it follows from the operands */
    case IR_CAST:
    case IR_REINTERPRET:
    case IR_CALL:
    case IR_LOAD:
    case IR_IMPURE:
    case IR_C_CALL:
    case IR_QUERY: break;
    case IR_QUERY_DIM: p->type = T_I32; break;
    case IR_SELECT:
    case IR_LET: p->type = a[1]->type; break;
    case IR_RAMP:
    case IR_BROADCAST: p->type = repeated(R, loc, t, n); break;
    case IR_SHUFFLE:
    case IR_REDUCE: p->type = type_lanes(t, (unsigned)n); break;
    case IR_ABS:
    case IR_ABSD:
        p->type = t;
        if (t.code == CB_INT)
            p->type.code = CB_UINT;
        break;
    case IR_IS_NAN: p->type = type_bool(t.lanes); break;
    default: p->type = ir_ops[p->op].cls == IRC_CMP2 ? type_bool(t.lanes) : t; break;
    }
    if (!check(R, loc, p, args))
        return NULL;
    if (p->op == IR_IMPURE && p->u.ref.index >= c->next_impure)
        c->next_impure = p->u.ref.index + 1;
    if (p->op == IR_SHUFFLE)
        return ir_shuffle(c, a, args->n, p->u.lanes, (uint32_t)n);
    if (p->op == IR_BROADCAST)
        return ir_broadcast(c, a[0], (unsigned)n);
    if (p->op == IR_RAMP)
        return ir_ramp(c, a[0], a[1], (unsigned)n);
    return ir_node(c, (ir_op)p->op, p->type, p->u.bits, a, args->n);
}

static const ir *read_expr(reader *R, cb_loc loc, ir_op op)
{
    ir p = {.op = (uint16_t)op, .type = T_VOID};
    nodes args = {0};
    int64_t n = 0;
    if (op == IR_POISON)
        return read_poison(R);
    if (op == IR_FIELD)
        return read_field(R);
    read_payload(R, &p, &n);
    read_operands(R, &args);
    return R->failed ? NULL : make_expr(R, loc, &p, n, &args);
}

/* key=value; the atom holds both, unless the value is a string. */
static void read_attribute(reader *R, ir_info *info)
{
    cb_loc loc = R->tok.loc;
    const char *atom = read_atom(R, "an attribute"), *eq = strchr(atom, '=');
    char key[16] = "";
    int64_t n = 0;
    if ((size_t)(eq - atom) < sizeof key)
        memcpy(key, atom, (size_t)(eq - atom));
    const char *value = ctx_string(R->ctx, eq + 1);
    if (strcmp(key, "text") == 0 || strcmp(key, "file") == 0) {
        if (R->tok.kind != TOK_STRING)
            fail(R, R->tok.loc, "expected a string");
        else if (key[0] == 't')
            info->text = R->tok.s;
        else
            info->loc.file = R->tok.s;
        next(R);
        return;
    }
    if (strcmp(key, "sym") == 0) {
        info->sym = find_sym(R, loc, rest_of_name(R, value));
    } else if (strcmp(key, "kind") == 0) {
        info->kind = (ir_loop_kind)read_word(R, loc, value, ir_loop_words, IR_LOOP_WORDS);
    } else if (strcmp(key, "device") == 0) {
        info->device = (ir_device)read_word(R, loc, value, ir_device_words, IR_DEVICE_WORDS);
    } else if (strcmp(key, "partition") == 0) {
        info->partition =
            (ir_partition)read_word(R, loc, value, ir_partition_words, IR_PARTITION_WORDS);
    } else if (strcmp(key, "memory") == 0) {
        info->memory = (ir_memory)read_word(R, loc, value, ir_memory_words, IR_MEMORY_WORDS);
    } else if (strcmp(key, "type") == 0) {
        if (!parse_type(value, &info->type))
            fail(R, loc, "'%s' is not a type", value);
    } else if (!parse_number(value, &n) || n < INT32_MIN || n > UINT32_MAX) {
        fail(R, loc, "'%s' is not a number", value);
    } else if (strcmp(key, "nvalues") == 0) {
        info->nvalues = (uint32_t)n;
    } else if (strcmp(key, "rank") == 0) {
        info->rank = (uint32_t)n;
    } else if (strcmp(key, "mem") == 0) {
        info->mem = (uint32_t)n;
    } else if (strcmp(key, "index") == 0) {
        info->index = (uint32_t)n;
    } else if (strcmp(key, "code") == 0) {
        info->code = (int)n;
    } else if (strcmp(key, "line") == 0) {
        info->loc.line = (int)n;
    } else if (strcmp(key, "col") == 0) {
        info->loc.col = (int)n;
    } else {
        fail(R, loc, "unknown attribute '%s'", key);
    }
}

static const ir *read_stmt(reader *R, cb_loc loc, ir_op op)
{
    ir_info info = {0};
    nodes args = {0};
    while (!R->failed && R->tok.kind == TOK_ATOM && strchr(R->tok.s, '='))
        read_attribute(R, &info);
    read_operands(R, &args);
    ir p = {.op = (uint16_t)op, .type = T_VOID};
    p.u.info = &info;
    if (R->failed || !check(R, loc, &p, &args))
        return NULL;
    return ir_stmt(R->ctx, op, &info, args.at, args.n);
}

/* 7:i32, 0.5:f32, +inf:f32, $3, or a symbol. */
static const ir *read_leaf(reader *R)
{
    cb_loc loc = R->tok.loc;
    const char *s = read_atom(R, "an expression");
    uint64_t shared;
    int64_t i;
    if (!s)
        return NULL;
    if (*s == '$') {
        if (!parse_number(s + 1, &i) || !map_get(&R->shared, (uint64_t)i, &shared)) {
            fail(R, loc, "'%s' is not defined", s);
            return NULL;
        }
        return (const ir *)(uintptr_t)shared;
    }
    const char *colon = strrchr(s, ':');
    cb_type t = T_VOID;
    if (colon && !parse_type(colon + 1, &t)) {
        fail(R, loc, "'%s' is not a type", colon + 1);
        return NULL;
    }
    const char *head = s;
    if (colon)
        head = strtab_intern(R->ctx->a, &R->ctx->strings, s, (size_t)(colon - s));
    if (!isdigit((unsigned char)*s) && *s != '-' && *s != '+') {
        head = rest_of_name(R, head);
        if (!colon && R->tok.kind == TOK_ATOM && R->tok.s[0] == ':' && strcmp(s, "@") == 0) {
            if (!parse_type(R->tok.s + 1, &t))
                fail(R, R->tok.loc, "'%s' is not a type", R->tok.s + 1);
            next(R);
        }
        ir_sym y = find_sym(R, loc, head);
        if (R->failed)
            return NULL;
        return t.bits ? ir_var_typed(R->ctx, y, t) : ir_var(R->ctx, y);
    }
    if (t.lanes != 1) {
        fail(R, loc, "a constant needs a scalar type, as in 7:i32");
        return NULL;
    }
    if (type_is_float(t)) {
        char *end;
        double v = strtod(head, &end);
        if (*end)
            fail(R, loc, "'%s' is not a number", head);
        return R->failed ? NULL : ir_float(R->ctx, t, v);
    }
    if (!parse_number(head, &i) || value_wrap(t, i) != i)
        fail(R, loc, "'%s' is not a value of its type", head);
    return R->failed ? NULL : ir_int(R->ctx, t, i);
}

/* After "(". */
static const ir *read_list(reader *R)
{
    cb_loc loc = R->tok.loc;
    const char *head = read_atom(R, "an operation");
    if (!head)
        return NULL;
    for (int op = 0; op < IR_OP_COUNT; op++) {
        if (strcmp(ir_ops[op].spelling, head) != 0)
            continue;
        if (ir_ops[op].cls == IRC_STMT)
            return read_stmt(R, loc, (ir_op)op);
        if (ir_ops[op].cls == IRC_LEAF && op != IR_FIELD && op != IR_POISON && op != IR_UNDEF)
            break;
        return read_expr(R, loc, (ir_op)op);
    }
    fail(R, loc, "'%s' is not an operation", head);
    return NULL;
}

static const ir *read_node(reader *R)
{
    const ir *n = NULL;
    if (R->failed)
        return NULL;
    if (++R->depth > R->ctx->depth_limit) {
        fail(R, R->tok.loc, "nested more than %d levels deep", R->ctx->depth_limit);
        return NULL;
    }
    if (R->tok.kind == TOK_OPEN) {
        next(R);
        n = read_list(R);
    } else if (R->tok.kind == TOK_STRING) {
        n = ir_string(R->ctx, R->tok.s);
        next(R);
    } else {
        n = read_leaf(R);
    }
    R->depth--;
    return R->failed ? NULL : n;
}

/* $n = expression */
static void read_definition(reader *R)
{
    int64_t k;
    cb_loc loc = R->tok.loc;
    const char *name = read_atom(R, "a definition");
    const char *eq = read_atom(R, "'='");
    if (R->failed)
        return;
    if (!parse_number(name + 1, &k) || k < 1 || strcmp(eq, "=") != 0) {
        fail(R, loc, "expected a definition: $1 = ...");
        return;
    }
    const ir *n = read_node(R);
    if (n && ir_is_stmt(n))
        fail(R, loc, "a statement cannot be shared");
    if (!R->failed)
        map_put(R->ctx->a, &R->shared, (uint64_t)k, (uint64_t)(uintptr_t)n);
}

const ir *ir_read(cb_context *c, const char *source, const char *filename)
{
    reader R = {.ctx = c, .at = source, .line_start = source, .line = 1};
    R.file = filename ? ctx_string(c, filename) : "ir";
    next(&R);
    for (;;) {
        if (R.failed)
            return NULL;
        if (R.tok.kind == TOK_ATOM && R.tok.s[0] == '$' && strspn(R.at, " ") > 0 &&
            R.at[strspn(R.at, " ")] == '=') {
            read_definition(&R);
        } else if (R.tok.kind == TOK_OPEN && strncmp(R.at, "sym", 3) == 0 &&
                   strchr(" \t\n", R.at[3])) {
            next(&R);
            next(&R);
            read_declaration(&R);
        } else {
            break;
        }
    }
    const ir *n = read_node(&R);
    if (!R.failed && R.tok.kind != TOK_END)
        fail(&R, R.tok.loc, "expected the end of the text");
    return R.failed ? NULL : n;
}
