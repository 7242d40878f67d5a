/* tools/mkrules.c: compiles the simplifier's rules into C. Used while building.
 *
 *     int: max(min(x, c0), c1) => c1 if c1 >= c0
 *
 * becomes, inside the function for rules whose root is max,
 *
 *     if (root->arg[0]->op == IR_MIN && rule_const(root->arg[0]->arg[1], &c0) && ...)
 *         if (c1 >= c0) return root->arg[1];
 *
 * and, for tests, one row of a table with functions that build both sides. A left side is also
 * tried with the operands of its commuting operations swapped. A rule is refused when it equals an
 * earlier one, when its right side has something the left side has not, or when it is not smaller
 * than its left side in the order described in simplify.rules.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 64, MAX_VARS = 12, MAX_RULES = 1024, MAX_VARIANTS = 16 };

typedef enum { N_OP, N_VAR, N_CONST, N_NUMBER, N_TRUTH } kind;
typedef enum { TY_T, TY_BOOL, TY_VAR } type_of; /* the class's type, bool, the type of a cast */

typedef struct op_info {
    const char *word, *id; /* infix sign or function name; IR_ id */
    int nargs, precedence, weight;
    bool commutes;
} op_info;

static const op_info ops[] = {
    {"||", "OR", 2, 1, 2, true},
    {"&&", "AND", 2, 2, 2, true},
    {"|", "BIT_OR", 2, 3, 3, true},
    {"^", "BIT_XOR", 2, 4, 3, true},
    {"&", "BIT_AND", 2, 5, 3, true},
    {"==", "EQ", 2, 6, 2, true},
    {"!=", "NE", 2, 6, 2, true},
    {"<=", "LE", 2, 7, 3, false},
    {"<", "LT", 2, 7, 3, false},
    {"<<", "SHL", 2, 8, 3, false},
    {">>", "SHR", 2, 8, 3, false},
    {"+", "ADD", 2, 9, 2, true},
    {"-", "SUB", 2, 9, 2, false},
    {"*", "MUL", 2, 10, 4, true},
    {"/", "DIV", 2, 10, 8, false},
    {"%", "MOD", 2, 10, 8, false},
    {"!", "NOT", 1, 11, 2, false},
    {"~", "BIT_NOT", 1, 11, 3, false},
    {"min", "MIN", 2, 0, 3, true},
    {"max", "MAX", 2, 0, 3, true},
    {"select", "SELECT", 3, 0, 4, false},
    {"abs", "ABS", 1, 0, 2, false},
    {"likely", "LIKELY", 1, 0, 1, false},
    {"cast", "CAST", 1, 0, 2, false},
    {"broadcast", "BROADCAST", 1, 0, 2, false},
    {"ramp", "RAMP", 2, 0, 3, false},
    {"div_tz", "DIV_TZ", 2, 0, 9, false},
    {"mod_tz", "MOD_TZ", 2, 0, 9, false},
    {"floor", "FLOOR", 1, 0, 2, false},
    {"ceil", "CEIL", 1, 0, 2, false},
    {"trunc", "TRUNC", 1, 0, 2, false},
    {"round", "ROUND", 1, 0, 2, false},
    {"is_nan", "IS_NAN", 1, 0, 2, false},
};
enum { NOPS = sizeof ops / sizeof ops[0] };

static const char *const classes[] = {"any",  "num",  "int",   "index", "wrap",
                                      "sint", "uint", "float", "bool"};
enum { NCLASSES = sizeof classes / sizeof classes[0] };

typedef struct node node;
struct node {
    kind kind;
    int op;       /* N_OP: index into ops */
    int var;      /* N_VAR, N_CONST: index into names; CAST: its type; BROADCAST, RAMP: its lanes */
    long number;  /* N_NUMBER, N_TRUTH */
    type_of type;
    bool inner;   /* inside broadcast or ramp: fewer lanes */
    node *arg[3];
};

typedef struct name {
    char word[16];
    char kind; /* x expression, c constant, t type, n lanes */
    type_of type;
    bool inner, bound;
} name;

typedef struct rule {
    int line, cls;
    char text[512], cond[512];
    bool moves; /* ~> */
    node *lhs, *rhs;
    name names[MAX_VARS];
    int nnames;
} rule;

static const char *file_name;
static int line_number;
static const char *p; /* where the parser stands */
static rule *now;

static node pool[MAX_RULES * MAX_NODES / 4];
static int npool;

static _Noreturn void fail(const char *what, const char *which)
{
    fprintf(stderr, "%s:%d: error: %s%s%s\n", file_name, line_number, what, which ? ": " : "",
            which ? which : "");
    exit(1);
}

static node *new_node(kind k)
{
    if (npool == (int)(sizeof pool / sizeof pool[0])) fail("too many rules", NULL);
    node *n = &pool[npool++];
    n->kind = k;
    n->var = -1;
    return n;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void space(void)
{
    while (*p == ' ' || *p == '\t') p++;
}

static bool take(const char *s)
{
    space();
    size_t k = strlen(s);
    if (strncmp(p, s, k)) return false;
    if (isalpha((unsigned char)s[0]) && (isalnum((unsigned char)p[k]) || p[k] == '_')) return false;
    p += k;
    return true;
}

static void need(const char *s)
{
    if (!take(s)) fail("expected", s);
}

static void word(char *to, size_t size)
{
    size_t k = 0;
    space();
    while (isalnum((unsigned char)*p) || *p == '_') {
        if (k + 1 == size) fail("a name is too long", NULL);
        to[k++] = *p++;
    }
    to[k] = 0;
    if (!k) fail("expected a name at", p);
}

static int name_of(const char *w, char kind_of)
{
    for (int i = 0; i < now->nnames; i++)
        if (!strcmp(now->names[i].word, w)) {
            if (now->names[i].kind != kind_of) fail("a name is used in two ways", w);
            return i;
        }
    if (now->nnames == MAX_VARS) fail("too many names", NULL);
    name *v = &now->names[now->nnames];
    *v = (name){.kind = kind_of};
    snprintf(v->word, sizeof v->word, "%s", w);
    return now->nnames++;
}

static node *expression(int precedence);

static node *op_node(int op, node *a, node *b)
{
    node *n = new_node(N_OP);
    n->op = op;
    n->arg[0] = a;
    n->arg[1] = b;
    return n;
}

static int op_named(const char *w)
{
    for (int i = 0; i < NOPS; i++)
        if (!strcmp(ops[i].word, w)) return i;
    return -1;
}

static node *function(int op)
{
    char w[16];
    node *n = new_node(N_OP);
    n->op = op;
    if (!strcmp(ops[op].word, "cast")) {
        word(w, sizeof w);
        n->var = name_of(w, 't');
        need(",");
    }
    for (int i = 0; i < ops[op].nargs; i++) {
        if (i) need(",");
        n->arg[i] = expression(1);
    }
    if (!strcmp(ops[op].word, "broadcast") || !strcmp(ops[op].word, "ramp")) {
        need(",");
        word(w, sizeof w);
        n->var = name_of(w, 'n');
    }
    need(")");
    return n;
}

static node *primary(void)
{
    char w[16];
    space();
    if (take("(")) {
        node *n = expression(1);
        need(")");
        return n;
    }
    if (take("!=")) fail("an operand is missing", NULL);
    if (take("!")) return op_node(op_named("!"), primary(), NULL);
    if (take("~")) return op_node(op_named("~"), primary(), NULL);
    if (isdigit((unsigned char)*p) || (*p == '-' && isdigit((unsigned char)p[1]))) {
        char *end;
        node *n = new_node(N_NUMBER);
        n->number = strtol(p, &end, 10);
        p = end;
        return n;
    }
    word(w, sizeof w);
    if (!strcmp(w, "true") || !strcmp(w, "false")) {
        node *n = new_node(N_TRUTH);
        n->number = w[0] == 't';
        return n;
    }
    if (take("(")) {
        int op = op_named(w);
        if (op < 0 || ops[op].precedence) fail("no such function", w);
        return function(op);
    }
    bool constant = w[0] == 'c' && isdigit((unsigned char)w[1]);
    node *n = new_node(constant ? N_CONST : N_VAR);
    n->var = name_of(w, constant ? 'c' : 'x');
    return n;
}

static int infix(int precedence)
{
    space();
    if (!strncmp(p, "=>", 2) || !strncmp(p, "~>", 2)) return -1;
    for (int i = 0; i < NOPS; i++)
        if (ops[i].nargs == 2 && ops[i].precedence == precedence &&
            !strncmp(p, ops[i].word, strlen(ops[i].word))) {
            char after = p[strlen(ops[i].word)];
            if ((!strcmp(ops[i].word, "|") && after == '|') ||
                (!strcmp(ops[i].word, "&") && after == '&'))
                continue;
            if (!strcmp(ops[i].word, "<") && (after == '<' || after == '=')) continue;
            return i;
        }
    return -1;
}

static node *expression(int precedence)
{
    if (precedence > 10) return primary();
    node *n = expression(precedence + 1);
    for (int op; (op = infix(precedence)) >= 0;) {
        p += strlen(ops[op].word);
        n = op_node(op, n, expression(precedence + 1));
    }
    return n;
}

/* ---- types ----------------------------------------------------------------------------------- */

static bool is_op(const node *n, const char *w)
{
    return n->kind == N_OP && !strcmp(ops[n->op].word, w);
}

static bool has_precedence(const node *n, int lo, int hi)
{
    return n->kind == N_OP && ops[n->op].precedence >= lo && ops[n->op].precedence <= hi;
}

static void infer(node *n, type_of want, bool inner)
{
    n->type = want;
    n->inner = inner;
    if (n->kind == N_VAR || n->kind == N_CONST) {
        name *v = &now->names[n->var];
        if (v->bound && (v->type != want || v->inner != inner))
            fail("a variable has two types", v->word);
        v->type = want;
        v->inner = inner;
        v->bound = true;
    } else if (n->kind == N_TRUTH && want != TY_BOOL) {
        fail("true or false where a number is wanted", NULL);
    } else if (n->kind == N_OP) {
        bool logic = has_precedence(n, 1, 2) || is_op(n, "!"),
             compare = has_precedence(n, 6, 7) || is_op(n, "is_nan");
        if ((logic || compare) && want != TY_BOOL)
            fail("a condition where a number is wanted", NULL);
        bool vector = is_op(n, "broadcast") || is_op(n, "ramp");
        type_of t = !compare ? want : strcmp(classes[now->cls], "bool") ? TY_T : TY_BOOL;
        if (is_op(n, "cast")) t = is_op(n->arg[0], "cast") ? TY_VAR : TY_T;
        for (int i = 0; i < ops[n->op].nargs; i++)
            infer(n->arg[i], is_op(n, "select") && i == 0 ? TY_BOOL : t, inner || vector);
    }
}

static type_of root_type(const node *n)
{
    if (is_op(n, "cast")) return TY_VAR;
    return has_precedence(n, 1, 2) || has_precedence(n, 6, 7) || is_op(n, "!") || is_op(n, "is_nan")
               ? TY_BOOL
               : TY_T;
}

/* ---- order ----------------------------------------------------------------------------------- */

static bool is_constant(const node *n)
{
    if (n->kind != N_OP) return n->kind != N_VAR;
    for (int i = 0; i < ops[n->op].nargs; i++)
        if (!is_constant(n->arg[i])) return false;
    return true;
}

static int weight(const node *n)
{
    if (is_constant(n)) return 1; /* it folds */
    if (n->kind != N_OP) return 1;
    int w = ops[n->op].weight;
    for (int i = 0; i < ops[n->op].nargs; i++) w += weight(n->arg[i]);
    return w;
}

static int occurrences(const node *n, int var)
{
    if (n->kind == N_VAR) return n->var == var;
    int k = 0;
    if (n->kind == N_OP)
        for (int i = 0; i < ops[n->op].nargs; i++) k += occurrences(n->arg[i], var);
    return k;
}

/* How deep constants lie. */
static int constant_depth(const node *n, int depth)
{
    if (is_constant(n)) return depth;
    int d = 0;
    if (n->kind == N_OP)
        for (int i = 0; i < ops[n->op].nargs; i++) d += constant_depth(n->arg[i], depth + 1);
    return d;
}

static bool same(const node *a, const node *b)
{
    if (a->kind != b->kind || a->var != b->var || a->number != b->number || a->op != b->op)
        return false;
    if (a->kind == N_OP)
        for (int i = 0; i < ops[a->op].nargs; i++)
            if (!same(a->arg[i], b->arg[i])) return false;
    return true;
}

static void check_rule(const rule *r)
{
    if (r->lhs->kind != N_OP) fail("a rule cannot begin with a variable", NULL);
    for (int i = 0; i < r->nnames; i++) {
        if (r->names[i].kind != 'x') continue;
        if (occurrences(r->lhs, i) == 0) fail("not on the left side", r->names[i].word);
        if (occurrences(r->rhs, i) > occurrences(r->lhs, i))
            fail("occurs more often on the right", r->names[i].word);
    }
    int a = weight(r->lhs), b = weight(r->rhs);
    if (r->moves ? a != b || constant_depth(r->rhs, 0) >= constant_depth(r->lhs, 0) : a <= b)
        fail("the right side is not smaller", r->text);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* A condition is C over the rule's names; type(x) is a type, other functions are the engine's
 * rc_... */
static void put_condition(const char *s)
{
    while (*s) {
        if (isalpha((unsigned char)*s) || *s == '_') {
            char w[32];
            size_t k = 0;
            const char *after;
            while ((isalnum((unsigned char)*s) || *s == '_') && k < sizeof w - 1) w[k++] = *s++;
            w[k] = 0;
            for (after = s; *after == ' ';) after++;
            if (!strcmp(w, "type"))
                printf("RULE_TYPE");
            else
                printf("%s%s", *after == '(' ? "rc_" : "", w);
        } else {
            putchar(*s++);
        }
    }
}

static void put_build(const node *n)
{
    if (n->kind == N_VAR) {
        printf("%s", now->names[n->var].word);
    } else if (n->kind == N_CONST) {
        printf("k_%s", now->names[n->var].word);
    } else if (n->kind == N_TRUTH) {
        printf("RULE_NUMBER(type_bool(lanes), %ld)", n->number);
    } else if (n->kind == N_NUMBER) {
        if (n->type != TY_T) fail("a number of unknown type", NULL);
        printf("RULE_NUMBER(%s, %ld)", n->inner ? "type_scalar(T)" : "T", n->number);
    } else {
        const op_info *o = &ops[n->op];
        bool named =
            is_op(n, "cast") || is_op(n, "select") || is_op(n, "broadcast") || is_op(n, "ramp");
        if (named) {
            printf("RULE_");
            for (const char *s = o->word; *s; s++) putchar(toupper((unsigned char)*s));
            printf("(");
            if (is_op(n, "cast")) printf("%s, ", now->names[n->var].word);
        } else {
            printf("RULE_%s(IR_%s, ", o->nargs == 2 ? "BIN" : "UN", o->id);
        }
        for (int i = 0; i < o->nargs; i++) {
            if (i) printf(", ");
            put_build(n->arg[i]);
        }
        if (is_op(n, "broadcast") || is_op(n, "ramp")) printf(", %s", now->names[n->var].word);
        printf(")");
    }
}

typedef struct paths {
    char at[MAX_VARS][80]; /* where a name was first seen */
    bool seen[MAX_VARS];
} paths;

static void put_match(const node *n, const char *path, paths *P)
{
    char sub[80];
    int v = n->var;
    if (n->kind == N_NUMBER) {
        printf(" && rule_is(%s, %ld)", path, n->number);
    } else if (n->kind == N_TRUTH) {
        printf(" && ir_is_%s(%s)", n->number ? "true" : "false", path);
    } else if (n->kind != N_OP) {
        if (P->seen[v])
            printf(" && %s == %s", path, P->at[v]);
        else if (n->kind == N_CONST)
            printf(" && rule_const(%s, &%s)", path, now->names[v].word);
        if (!P->seen[v]) snprintf(P->at[v], sizeof P->at[v], "%s", path);
        P->seen[v] = true;
    } else {
        if (strcmp(path, "root")) printf(" && %s->op == IR_%s", path, ops[n->op].id);
        if (v >= 0) {
            if (now->names[v].kind == 't')
                snprintf(sub, sizeof sub, "%s->type", path);
            else
                snprintf(sub, sizeof sub, "(%s->type.lanes / %s->arg[0]->type.lanes)", path, path);
            if (P->seen[v] && now->names[v].kind == 't')
                printf(" && type_eq(%s, %s)", sub, P->at[v]);
            else if (P->seen[v])
                printf(" && %s == %s", sub, P->at[v]);
            else
                snprintf(P->at[v], sizeof P->at[v], "%s", sub);
            P->seen[v] = true;
        }
        for (int i = 0; i < ops[n->op].nargs; i++) {
            if (snprintf(sub, sizeof sub, "%s->arg[%d]", path, i) >= (int)sizeof sub)
                fail("too deep", NULL);
            put_match(n->arg[i], sub, P);
        }
    }
}

static bool mentions(const char *text, const char *w)
{
    size_t k = strlen(w);
    for (const char *s = text; (s = strstr(s, w)); s++) {
        bool left = s == text || !(isalnum((unsigned char)s[-1]) || s[-1] == '_');
        if (left && !(isalnum((unsigned char)s[k]) || s[k] == '_')) return true;
    }
    return false;
}

static bool in_node(const node *n, int var)
{
    if (n->var == var) return true;
    if (n->kind == N_OP)
        for (int i = 0; i < ops[n->op].nargs; i++)
            if (in_node(n->arg[i], var)) return true;
    return false;
}

static bool has_number(const node *n)
{
    if (n->kind == N_NUMBER) return true;
    if (n->kind == N_OP)
        for (int i = 0; i < ops[n->op].nargs; i++)
            if (has_number(n->arg[i])) return true;
    return false;
}

/* The first name of the class's type: where the class is looked at. */
static int typed_name(const rule *r)
{
    type_of wanted = strcmp(classes[r->cls], "bool") ? TY_T : TY_BOOL;
    for (int i = 0; i < r->nnames; i++)
        if ((r->names[i].kind == 'x' || r->names[i].kind == 'c') && r->names[i].type == wanted)
            return i;
    return -1;
}

static void put_locals(const rule *r, const paths *P)
{
    int t = typed_name(r);
    for (int i = 0; i < r->nnames; i++) {
        const name *v = &r->names[i];
        bool built = in_node(r->rhs, i);
        if (v->kind == 'x' && (built || mentions(r->cond, v->word)))
            printf("            const ir *const %s = %s;\n", v->word, P->at[i]);
        if (v->kind == 'c' && built)
            printf("            const ir *const k_%s = %s;\n", v->word, P->at[i]);
        if (v->kind == 't' && (built || mentions(r->cond, v->word)))
            printf("            const cb_type %s = %s;\n", v->word, P->at[i]);
        if (v->kind == 'n' && (built || mentions(r->cond, v->word)))
            printf("            const int64_t %s = %s;\n", v->word, P->at[i]);
    }
    if (t >= 0 && has_number(r->rhs))
        printf("            const cb_type T = type_lanes(%s->type, root->type.lanes);\n", P->at[t]);
}

static void put_variant(const rule *r, const node *lhs)
{
    paths P = {.seen = {false}};
    int t = typed_name(r);
    bool counted = false;
    printf("    {\n");
    for (int i = 0; i < r->nnames; i++)
        if (r->names[i].kind == 'c') {
            printf("%s%s", counted ? ", " : "        int64_t ", r->names[i].word);
            counted = true;
        }
    printf("%s        if (true", counted ? ";\n" : "");
    put_match(lhs, "root", &P);
    if (t >= 0) printf(" && rule_%s(%s->type)", classes[r->cls], P.at[t]);
    printf(") {\n");
    put_locals(r, &P);
    printf("            ");
    if (r->cond[0]) {
        printf("if (");
        put_condition(r->cond);
        printf(") ");
    }
    printf("return ");
    put_build(r->rhs);
    printf(";\n        }\n    }\n");
}

/* Calls put_variant for every way of swapping operands; `at` counts commuting nodes from the root.
 */
static void variants(const rule *r, node **list, int n, int at)
{
    if (at == n) {
        put_variant(r, r->lhs);
        return;
    }
    variants(r, list, n, at + 1);
    node *a = list[at]->arg[0];
    list[at]->arg[0] = list[at]->arg[1];
    list[at]->arg[1] = a;
    variants(r, list, n, at + 1);
    list[at]->arg[1] = list[at]->arg[0];
    list[at]->arg[0] = a;
}

static void collect(node *n, node **list, int *k)
{
    if (n->kind != N_OP) return;
    bool swap = ops[n->op].commutes && !same(n->arg[0], n->arg[1]) && !is_constant(n->arg[1]);
    if (swap && n->arg[0]->kind == N_VAR && n->arg[1]->kind == N_VAR) {
        /* both free so far: swapping matters only if either is used elsewhere */
        swap =
            occurrences(now->lhs, n->arg[0]->var) > 1 || occurrences(now->lhs, n->arg[1]->var) > 1;
    }
    if (swap) {
        if (*k == 4) fail("too many commuting operations", NULL);
        list[(*k)++] = n;
    }
    for (int i = 0; i < ops[n->op].nargs; i++) collect(n->arg[i], list, k);
}

static void put_rule(rule *r)
{
    node *list[4];
    int k = 0;
    now = r;
    line_number = r->line;
    collect(r->lhs, list, &k);
    printf("    /* %d: %s */\n", r->line, r->text);
    variants(r, list, k, 0);
}

static void put_matchers(rule *rules, int n)
{
    for (int op = 0; op < NOPS; op++) {
        bool any = false;
        for (int i = 0; i < n; i++) {
            if (rules[i].lhs->op != op) continue;
            if (!any)
                printf("static const ir *rules_%s(const facts *S, const ir *root)\n{\n",
                       ops[op].id);
            if (!any)
                printf("    const unsigned lanes = root->type.lanes;\n    (void)S;\n    "
                       "(void)lanes;\n");
            any = true;
            put_rule(&rules[i]);
        }
        if (any) printf("    return NULL;\n}\n\n");
    }
    printf("static const ir *apply_rules(const facts *S, const ir *n)\n{\n    switch ((int)n->op) "
           "{\n");
    for (int op = 0; op < NOPS; op++)
        for (int i = 0; i < n; i++)
            if (rules[i].lhs->op == op) {
                printf("    case IR_%s: return rules_%s(S, n);\n", ops[op].id, ops[op].id);
                break;
            }
    printf("    default: return NULL;\n    }\n}\n");
}

/* ---- the table for tests --------------------------------------------------------------------- */

static void put_side(const rule *r, const char *which, const node *n)
{
    int t = typed_name(r);
    printf("static const ir *rule_%s_%d(cb_context *c, const rule_values *v)\n{\n", which, r->line);
    printf("    const unsigned lanes = v->lanes;\n    (void)lanes;\n    (void)c;\n");
    for (int i = 0; i < r->nnames; i++) {
        const name *w = &r->names[i];
        if (!in_node(n, i)) continue;
        if (w->kind == 'x' || w->kind == 'c')
            printf("    const ir *const %s%s = v->expr[%d];\n", w->kind == 'c' ? "k_" : "", w->word,
                   i);
        else if (w->kind == 't')
            printf("    const cb_type %s = v->type[%d];\n", w->word, i);
        else
            printf("    const int64_t %s = v->number[%d];\n", w->word, i);
    }
    if (t >= 0 && has_number(n))
        printf("    const cb_type T = type_lanes(v->expr[%d]->type, lanes);\n", t);
    printf("    return ");
    put_build(n);
    printf(";\n}\n");
}

static void put_test(rule *r)
{
    now = r;
    line_number = r->line;
    put_side(r, "lhs", r->lhs);
    put_side(r, "rhs", r->rhs);
    printf("static bool rule_cond_%d(const rule_values *v)\n{\n    (void)v;\n", r->line);
    for (int i = 0; i < r->nnames; i++) {
        const name *w = &r->names[i];
        if (!mentions(r->cond, w->word)) continue;
        if (w->kind == 'x') printf("    const ir *const %s = v->expr[%d];\n", w->word, i);
        if (w->kind == 't') printf("    const cb_type %s = v->type[%d];\n", w->word, i);
        if (w->kind == 'c' || w->kind == 'n')
            printf("    const int64_t %s = v->number[%d];\n", w->word, i);
    }
    printf("    return ");
    put_condition(r->cond[0] ? r->cond : "true");
    printf(";\n}\n");
}

static void put_quoted(const char *s)
{
    putchar('"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') putchar('\\');
        putchar(*s);
    }
    putchar('"');
}

static void put_table(rule *rules, int n)
{
    printf("static const rule_row rule_rows[] = {\n");
    for (int i = 0; i < n; i++) {
        rule *r = &rules[i];
        printf("    {%d, ", r->line);
        put_quoted(r->text);
        printf(", rule_%s, %d, \"", classes[r->cls], r->nnames);
        /* one letter per name: x c t n as they are; b a bool; capitals inside a vector */
        for (int k = 0; k < r->nnames; k++) {
            char w = r->names[k].kind;
            if (w == 'x' && r->names[k].type == TY_BOOL) w = 'b';
            putchar(r->names[k].inner ? toupper((unsigned char)w) : w);
        }
        printf("\", rule_lhs_%d, rule_rhs_%d, rule_cond_%d},\n", r->line, r->line, r->line);
    }
    printf("};\n");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void read_rule(rule *r, char *line)
{
    char w[16];
    now = r;
    r->line = line_number;
    snprintf(r->text, sizeof r->text, "%s", line);
    p = line;
    word(w, sizeof w);
    for (r->cls = 0; r->cls < NCLASSES && strcmp(w, classes[r->cls]); r->cls++) continue;
    if (r->cls == NCLASSES) fail("no such class of types", w);
    need(":");
    r->lhs = expression(1);
    r->moves = take("~>");
    if (!r->moves) need("=>");
    r->rhs = expression(1);
    space();
    if (take("if")) {
        space();
        snprintf(r->cond, sizeof r->cond, "%s", p);
    } else if (*p) {
        fail("what is this", p);
    }
    type_of root = strcmp(w, "bool") || root_type(r->lhs) != TY_T ? root_type(r->lhs) : TY_BOOL;
    infer(r->lhs, root, false);
    infer(r->rhs, root, false);
    check_rule(r);
}

static void put_classes(void)
{
    static const char *const tests[NCLASSES] = {"t.code != CB_HANDLE",
                                                "type_is_integer(t) || type_is_float(t)",
                                                "type_is_integer(t)",
                                                "type_no_overflow(t)",
                                                "type_is_integer(t) && !type_no_overflow(t)",
                                                "type_is_int(t)",
                                                "type_is_uint(t) && !type_is_bool(t)",
                                                "type_is_float(t)",
                                                "type_is_bool(t)"};
    for (int i = 0; i < NCLASSES; i++)
        printf("static inline bool rule_%s(cb_type t)\n{\n    return %s;\n}\n", classes[i],
               tests[i]);
}

int main(int argc, char **argv)
{
    static rule rules[MAX_RULES];
    static char line[400];
    int n = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: mkrules FILE\n");
        return 2;
    }
    file_name = argv[1];
    FILE *f = fopen(file_name, "r");
    if (!f) {
        perror(file_name);
        return 1;
    }
    while (fgets(line, sizeof line, f)) {
        line_number++;
        line[strcspn(line, "#\n")] = 0;
        for (size_t k = strlen(line); k > 0 && isspace((unsigned char)line[k - 1]);) line[--k] = 0;
        if (!line[0]) continue;
        if (n == MAX_RULES) fail("too many rules", NULL);
        read_rule(&rules[n], line);
        for (int i = 0; i < n; i++)
            if (rules[i].cls == rules[n].cls && same(rules[i].lhs, rules[n].lhs) &&
                !strcmp(rules[i].cond, rules[n].cond))
                fail("the same as an earlier rule", rules[i].text);
        n++;
    }
    fclose(f);
    printf("/* Made by mkrules from %s. */\n", "simplify.rules");
    put_classes();
    printf("#ifdef RULES_TABLE\n");
    for (int i = 0; i < n; i++) put_test(&rules[i]);
    put_table(rules, n);
    printf("#else\n");
    put_matchers(rules, n);
    printf("#endif\n");
    return 0;
}
