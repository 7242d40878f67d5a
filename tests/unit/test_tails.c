/* tests/unit/test_tails.c: what each tail does where a factor does not divide an extent: elements computed, read and
 * stored, instructions, and the region asked of the input, for every width from 0 to some multiples of the factor.
 * Values are compared with the interpreter each time. */
#include "count.h"

enum { ROWS = 3, LANES = 8 };

/* f reads the input directly, so that what f computes shows in the region of the input. */
COUNT_PROGRAM(plain,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = i32(in(x, y))*3 + x);
    define(out(x, y) = f(x, y) + 1);
)

/* The same with an update, which is no operation that could be done twice. */
COUNT_PROGRAM(updated,
    Input(in, u8, 2);
    Output(out, i32, 2);
    Funcs(f);
    Vars(x, y);
    define(f(x, y) = x + y);
    define(f(x, y) = f(x, y)*3 + in(x, y));
    define(out(x, y) = f(x, y) - 1);
)

/* A reduction of n elements. */
COUNT_PROGRAM(reduced,
    Input(in, u8, 2);
    Output(out, u32, 1);
    Param(n, i32);
    Vars(y);
    RDom(r, (0, n));
    define(out(y) = u32(0));
    define(out(y) = out(y)*3 + in(r, y));
)

static int up(int w, int to) { return (w + to - 1) / to * to; }

/* What a tail makes of one row of w elements, in pieces of LANES. `shift`: as rounded up, but not below one piece. */
typedef enum tail_count { EXACT, ROUNDED, SHIFTED } tail_count;

typedef struct tail_row {
    const char *name;
    tail_count stored, read; /* elements of f stored, of the input read */
    bool wider;              /* the region of the input grows */
} tail_row;

static int elements(tail_count c, int w)
{
    return c == EXACT || (c == SHIFTED && w < LANES) ? w : up(w, LANES);
}

static const tail_row pure_tails[] = {
    {"auto", EXACT, EXACT, false},
    {"guard", EXACT, EXACT, false},
    {"predicate", EXACT, EXACT, false},
    {"predicate_loads", ROUNDED, EXACT, false},
    {"predicate_stores", EXACT, ROUNDED, true},
    {"shift_inwards", SHIFTED, SHIFTED, false},
    {"round_up", ROUNDED, ROUNDED, true},
};

static const tail_row update_tails[] = {
    {"auto", EXACT, EXACT, false},
    {"guard", EXACT, EXACT, false},
    {"predicate", EXACT, EXACT, false},
    {"predicate_loads", ROUNDED, EXACT, false},
    {"predicate_stores", EXACT, ROUNDED, true},
    {"shift_inwards_and_blend", SHIFTED, SHIFTED, false},
    {"round_up", ROUNDED, ROUNDED, true},
    {"round_up_and_blend", ROUNDED, ROUNDED, true},
};

/* The schedule is a format with one place for the tail. */
static counted run(pipeline *(*make)(cb_context *), int w, const char *format, const char *name)
{
    static char how[400];
    snprintf(how, sizeof how, format, name);
    return count_run(&(count_case){.make = make, .out = {{-5, w, 0}, {2, ROWS, 0}}, .schedule = how,
                                   .lax = strstr(name, "round_up") || strstr(name, "_stores")});
}

static void check_row(const counted *k, const tail_row *t, int w, int update, bool masks)
{
    if (count_evals(k, "f", update) != ROWS * elements(t->stored, w))
        fail_msg("%s, width %d: %lld stored, not %d", t->name, w, (long long)count_evals(k, "f", update),
                 ROWS * elements(t->stored, w));
    /* a lane that is not stored may be read all the same only by the tails that say so */
    int64_t read = count_of(k, "in")->loads;
    if (masks && read != ROWS * elements(t->read, w))
        fail_msg("%s, width %d: %lld read, not %d", t->name, w, (long long)read, ROWS * elements(t->read, w));
    int wide = t->wider ? up(w, LANES) : w;
    if (k->region[0][0].extent != wide || k->region[0][0].min != -5 || (w && k->region[0][1].extent != ROWS))
        fail_msg("%s, width %d: the region of the input is %d at %d, %d rows", t->name, w, (int)k->region[0][0].extent,
                 (int)k->region[0][0].min, (int)k->region[0][1].extent);
}

/* One store of eight lanes for each piece, whatever the tail; what is narrower than one vector goes by elements where no tail needs masks. */
static int stores_of(const tail_row *t, int w)
{
    return ROWS * (t->stored == SHIFTED && w < LANES ? w : up(w, LANES) / LANES);
}

static void pure_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pure_tails); i++)
        for (int w = 0; w <= 3 * LANES + 1; w++) {
            counted k = run(plain, w, "f compute_root(), vectorize(x, 8, %s)\n", pure_tails[i].name);
            check_row(&k, &pure_tails[i], w, -1, true);
            assert_int_equal(count_of(&k, "f")->store_ops, stores_of(&pure_tails[i], w));
            assert_int_equal(k.shape.loops[LOOP_VECTOR], 1);
            count_free(&k);
        }
}

static void update_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(update_tails); i++)
        for (int w = 0; w <= 3 * LANES + 1; w++) {
            counted k = run(updated, w, "f compute_root()\nf.update 0 vectorize(x, 8, %s)\n", update_tails[i].name);
            check_row(&k, &update_tails[i], w, 0, true);
            count_free(&k);
        }
}

/* Scalar pieces, unrolled and not: the same elements, one by one. */
static void pieces_of_scalars(void **state)
{
    (void)state;
    static const char *const how[] = {
        "f compute_root(), split(x, xo, xi, 8, %s)\n",
        "f compute_root(), split(x, xo, xi, 8, %s), unroll(xi)\n",
        "f compute_root(), split(x, xo, xi, 8, %s), reorder(xo, xi)\n",
        "f compute_root(), split(x, xo, xi, 8, %s), parallel(xo)\n",
        "f compute_root(), split(x, xo, xi, 8, %s), unroll(xi, 2)\n",
        "f compute_root(), split(x, xo, xi, 8, %s), fuse(y, xo, t)\n",
    };
    for (size_t i = 0; i < COUNT_OF(pure_tails); i++)
        for (int w = 0; w <= 2 * LANES + 1; w++) {
            int64_t storage = 0;
            for (size_t s = 0; s < COUNT_OF(how); s++) {
                counted k = run(plain, w, how[s], pure_tails[i].name);
                check_row(&k, &pure_tails[i], w, -1, false);
                if (!s) storage = count_of(&k, "f")->elements;
                assert_int_equal(count_of(&k, "f")->elements, storage);
                assert_int_equal(k.shape.loops[LOOP_UNROLL], s == 1 || s == 4);
                assert_int_equal(k.shape.loops[LOOP_PARALLEL], s == 3);
                count_free(&k);
            }
        }
}

static void pieces_of_updates(void **state)
{
    (void)state;
    static const char *const how[] = {
        "f compute_root()\nf.update 0 split(x, xo, xi, 8, %s)\n",
        "f compute_root()\nf.update 0 split(x, xo, xi, 8, %s), unroll(xi)\n",
        "f compute_root()\nf.update 0 split(x, xo, xi, 8, %s), reorder(xi, y, xo)\n",
        "f compute_at(out, y)\nf.update 0 split(x, xo, xi, 8, %s)\n",
    };
    for (size_t s = 0; s < COUNT_OF(how); s++)
        for (size_t i = 0; i < COUNT_OF(update_tails); i++)
            for (int w = 0; w <= 2 * LANES + 1; w++) {
                counted k = run(updated, w, how[s], update_tails[i].name);
                check_row(&k, &update_tails[i], w, 0, false);
                count_free(&k);
            }
}

/* The caller's buffer is as large as it is: nothing beyond its end is stored, by whatever tail. */
static void outputs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pure_tails); i++)
        for (int w = 0; w <= 2 * LANES + 1; w++) {
            char how[100];
            const tail_row *t = &pure_tails[i];
            snprintf(how, sizeof how, "out vectorize(x, 8, %s)\n", t->name);
            bool small = t->stored == ROUNDED && w % LANES;
            counted k = count_run(&(count_case){.make = plain, .out = {{-5, w, 0}, {2, ROWS, 0}}, .schedule = how,
                                                .code = small ? CB_ERR_OUT_OF_BOUNDS : 0});
            if (small) {
                assert_int_equal(count_of(&k, "out")->stores, 0);
            } else {
                assert_int_equal(count_evals(&k, "out", -1), ROWS * elements(t->stored, w));
                assert_int_equal(count_of(&k, "out")->store_ops, stores_of(t, w));
                assert_int_equal(count_of(&k, "in")->loads, ROWS * elements(t->read, w));
            }
            count_free(&k);
        }
}

/* Both dimensions at once: a tile is whole or cut in each by itself. */
static void tiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pure_tails); i++)
        for (int w = 1; w <= 2 * LANES; w += 3)
            for (int h = 1; h <= 2 * LANES; h += 4) {
                char how[160];
                const tail_row *t = &pure_tails[i];
                snprintf(how, sizeof how, "f compute_root(), tile(x, y, xo, yo, xi, yi, 8, 8, %s), vectorize(xi)\n", t->name);
                counted k = count_run(&(count_case){.make = plain, .out = {{3, w, 0}, {-1, h, 0}}, .schedule = how});
                assert_int_equal(count_evals(&k, "f", -1), elements(t->stored, w) * elements(t->stored, h));
                assert_int_equal(k.region[0][0].extent, t->wider ? up(w, LANES) : w);
                assert_int_equal(k.region[0][1].extent, t->wider ? up(h, LANES) : h);
                count_free(&k);
            }
}

/* A piece of a piece: every pair of tails that is legal is right at every width, stores nothing beyond what its own
 * rounding adds, and only the tails that say so ask for more of the input. */
static void pieces_of_pieces(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        int piece, whole; /* elements of an outer piece; where its inner pieces are all whole */
    } how[] = {
        {"f compute_root(), split(x, xo, xi, 8, %s), split(xi, xj, xk, 3, %s)\n", 8, 9},
        {"f compute_root(), split(x, xo, xi, 8, %s), split(xi, xj, xk, 4, %s), vectorize(xk)\n", 8, 8},
        {"f compute_root(), split(x, xo, xi, 4, %s), split(xo, xj, xk, 3, %s), unroll(xi)\n", 12, 12},
        {"f compute_root(), split(x, xo, xi, 6, %s), vectorize(xi, 4, %s)\n", 6, 8},
    };
    int legal = 0;
    for (size_t s = 0; s < COUNT_OF(how); s++)
        for (size_t i = 1; i < COUNT_OF(pure_tails); i++)
            for (size_t j = 1; j < COUNT_OF(pure_tails); j++) {
                const tail_row *t = &pure_tails[i], *u = &pure_tails[j];
                char given[200];
                snprintf(given, sizeof given, how[s].format, t->name, u->name);
                count_case q = {.make = plain, .schedule = given};
                counted k = count_compile(&q);
                bool accepted = k.L != NULL;
                if (!accepted && !strstr(count_messages, "error[illegal-tail]")) fail_msg("%s: %s", given, count_messages);
                count_free(&k);
                if (!accepted) {
                    /* only storing beyond the end needs a reason */
                    assert_true(t->stored == ROUNDED || u->stored == ROUNDED);
                    continue;
                }
                legal++;
                for (int w = 0; w <= 2 * how[s].whole + 1; w += w < 3 ? 1 : 3) {
                    q.out[0] = (cb_dim){-5, w, 0};
                    q.out[1] = (cb_dim){2, ROWS, 0};
                    k = count_run(&q);
                    int64_t n = count_evals(&k, "f", -1);
                    int pieces = up(w, how[s].piece) / how[s].piece;
                    bool exact = t->stored == EXACT && u->stored == EXACT;
                    if (n < ROWS * w || n > (exact ? ROWS * w : ROWS * pieces * how[s].whole))
                        fail_msg("%s, width %d: %lld stored", given, w, (long long)n);
                    int wide = t->wider || u->wider ? w + how[s].whole - 1 : w;
                    if (k.region[0][0].extent < w || k.region[0][0].extent > wide)
                        fail_msg("%s, width %d: the input is read over %d", given, w, (int)k.region[0][0].extent);
                    count_free(&k);
                }
            }
    print_message("%d pairs are legal\n", legal);
}

/* An ordered reduction: each point once, in lanes of the pure loop or none. */
static void reductions(void **state)
{
    (void)state;
    static const char *const legal[] = {"auto", "guard", "predicate"};
    static const char *const refused[] = {"predicate_loads", "predicate_stores", "shift_inwards", "shift_inwards_and_blend",
                                          "round_up", "round_up_and_blend"};
    char how[120];
    for (int n = 0; n <= 2 * LANES + 1; n++)
        for (size_t i = 0; i < COUNT_OF(legal); i++)
            for (int unrolled = 0; unrolled < 2; unrolled++) {
                snprintf(how, sizeof how, "out.update 0 %s(r, 8, %s)\n", unrolled ? "unroll" : "split", legal[i]);
                if (!unrolled) snprintf(how, sizeof how, "out.update 0 split(r, ro, ri, 8, %s)\n", legal[i]);
                counted k = count_run(&(count_case){.make = reduced, .out = {{0, 5, 0}}, .schedule = how, .param = {n}});
                assert_int_equal(count_evals(&k, "out", 0), 5 * n);
                assert_int_equal(count_of(&k, "in")->loads, 5 * n);
                assert_int_equal(k.region[0][0].extent, n);
                count_free(&k);
            }
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        snprintf(how, sizeof how, "out.update 0 split(r, ro, ri, 8, %s)\n", refused[i]);
        count_refused(&(count_case){.make = reduced, .schedule = how}, "error[illegal-tail]");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pure_vectors),     cmocka_unit_test(update_vectors), cmocka_unit_test(pieces_of_scalars),
        cmocka_unit_test(pieces_of_updates), cmocka_unit_test(outputs),       cmocka_unit_test(tiles),
        cmocka_unit_test(pieces_of_pieces), cmocka_unit_test(reductions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
