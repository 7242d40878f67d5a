#define _DEFAULT_SOURCE 1 /* mkdtemp */
/* Guards, procedures and included files in schedules: kept as written, and what they come to. */
#include "count.h"

#include <unistd.h>

#include "../../dsl/sched.h"

COUNT_PROGRAM(blur,
    Input(in, u16, 2);
    Output(out, u16, 2);
    Funcs(blur_x);
    Vars(x, y);
    define(blur_x(x, y) = in(x, y) + in(x + 2, y));
    define(out(x, y) = blur_x(x, y) + blur_x(x, y + 1));
)

static const char *const avx2[] = {"x86", "avx", "avx2"}, *const avx512[] = {"x86", "avx", "avx2", "avx512"};

static pipeline *for_avx2(cb_context *c)
{
    pipeline *p = blur(c);
    p->target = avx2;
    p->ntarget = COUNT_OF(avx2);
    return p;
}

static pipeline *for_avx512(cb_context *c)
{
    pipeline *p = blur(c);
    p->target = avx512;
    p->ntarget = COUNT_OF(avx512);
    return p;
}

static const char *const guarded =
    "when avx512 {\n"
    "    out  vectorize(x, 16)\n"
    "    expect vectorized(out, 16)\n"
    "} else when avx2 && !(gpu || arm) {\n"
    "    out  vectorize(x, 8)\n"
    "} else {\n"
    "    out  vectorize(x, 2)\n"
    "}\n"
    "when arm {\n"
    "    blur_x  compute_at(out, nowhere)\n"
    "}\n";

/* Printing what was read gives the same text, and reading that the same again. */
static const char *printed(cb_context *c, const char *source)
{
    schedule *s = schedule_read(c, source, "t.sched");
    if (!s) fail_msg("%s", count_messages);
    text t;
    text_init(&t, c->a);
    schedule_print(&t, s);
    return text_str(&t);
}

static void guards(void **state)
{
    (void)state;
    static const struct {
        pipeline *(*make)(cb_context *c);
        unsigned lanes;
    } cases[] = {{for_avx512, 16}, {for_avx2, 8}, {blur, 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        counted k = count_run(&(count_case){.make = cases[i].make, .out = {{0, 40, 0}, {0, 3, 0}},
                                            .schedule = guarded});
        assert_int_equal(count_of(&k, "out")->store_lanes, cases[i].lanes);
        assert_string_equal(printed(k.c, guarded), guarded);
        count_free(&k);
    }
}

/* One line of what a procedure comes to, as expand would show it. */
static const char *expanded(counted *k)
{
    text t;
    text_init(&t, k->c->a);
    schedule_expand(&t, k->p);
    return text_str(&t);
}

static void procedures(void **state)
{
    (void)state;
    const char *source = "knob rows = 4 in 1..64\n\n"
                         "proc strips(f, y, n) {\n"
                         "    f  split(y, yo, yi, n), parallel(yo)\n"
                         "}\n\n"
                         "proc both(f, g, at) {\n"
                         "    when avx2 {\n"
                         "        strips(f, y, rows * 2 - 4)\n"
                         "    }\n"
                         "    f  split(x, x, xi, 8), split(xi, at, v, 4), vectorize(v)\n"
                         "    g  compute_at(f, at)\n"
                         "    expect vectorized(f, 4)\n"
                         "}\n\n"
                         "both(out, blur_x, here)\n"
                         "blur_x  split(y, here, u, 2)\n";
    counted k = count_run(&(count_case){.make = for_avx2, .out = {{0, 24, 0}, {0, 7, 0}},
                                        .schedule = source});
    assert_string_equal(printed(k.c, source), source);
    const char *e = expanded(&k);
    static const char *const lines[] = {"split(y, strips.yo, strips.yi, rows * 2 - 4, guard)", "parallel(strips.yo)",
                                        "split(x, x, both.xi, 8, guard)", "split(both.xi, here, both.v, 4, guard)",
                                        "compute_at(out, here)", "expect vectorized(out, 4)"};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (!strstr(e, lines[i])) fail_msg("no %s in\n%s", lines[i], e);
    assert_int_equal(count_of(&k, "out")->store_lanes, 4);
    count_free(&k);
}

/* Loops of two calls do not meet; an update, a number and a condition can be arguments. */
static void calls_are_apart(void **state)
{
    (void)state;
    counted k = count_run(&(count_case){.make = blur, .out = {{0, 24, 0}, {0, 7, 0}}, .schedule =
        "proc cut(s, l, n) { s split(l, a, b, n), reorder(b, a) }\n"
        "proc only(s, n, f) { s specialize(f.extent(0) > n + 1 && n > 0, vectorize(x, n)) }\n"
        "cut(out, x, 3)\ncut(out, y, 2)\nonly(blur_x, 2*4, in)\nblur_x compute_root()\n"});
    const char *e = expanded(&k);
    assert_non_null(strstr(e, "split(x, cut.a, cut.b, 3, guard)"));
    assert_non_null(strstr(e, "split(y, cut_2.a, cut_2.b, 2, guard)"));
    if (!strstr(e, "specialize(in.extent(0) > 8 + 1 && 8 > 0")) fail_msg("%s", e);
    assert_int_equal(count_of(&k, "blur_x")->store_lanes, 8);
    count_free(&k);
}

/* ---- files ----------------------------------------------------------------------------------- */

static char folder[512];

static const char *file(const char *name, const char *content)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f || fputs(content, f) < 0 || fclose(f)) fail_msg("%s", path);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    const char *in = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/schedule-text-XXXXXX", in ? in : P_tmpdir);
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"lib.sched", "more.sched", "main.sched", "loop.sched"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static schedule *read_main(cb_context *c, const char *content)
{
    return schedule_read(c, content, file("main.sched", content));
}

static int64_t factor(counted *k, const char *name)
{
    return pipeline_plan(k->p, count_func(k, name))->stages.at[0]->splits.at[0].factor;
}

static void includes(void **state)
{
    (void)state;
    count_case q = {.make = blur, .out = {{0, 24, 0}, {0, 7, 0}}, .schedule = ""};
    counted k = count_run(&q);
    file("lib.sched", "knob lanes = 4 in 1..8\ninclude \"more.sched\"\nproc wide(f) { f vectorize(x, lanes) }\n");
    file("more.sched", "blur_x compute_root()\nexpect vectorized(out, lanes)\n");
    const char *source = "knob rows = 2\n\ninclude \"lib.sched\"\ninclude \"more.sched\"\nwide(out)\n"
                         "blur_x  split(y, yo, yi, rows)\n";
    k.p->sched = read_main(k.c, source);
    if (!k.p->sched || !schedule_resolve(k.p)) fail_msg("%s", count_messages);
    text t;
    text_init(&t, k.c->a);
    schedule_print(&t, k.p->sched);
    assert_string_equal(text_str(&t), source);
    assert_int_equal(factor(&k, "out"), 4);
    assert_int_equal(factor(&k, "blur_x"), 2);
    assert_true(schedule_set_knob(k.p->sched, "lanes", 8));
    assert_true(schedule_resolve(k.p));
    assert_int_equal(factor(&k, "out"), 8);
    count_messages[0] = 0;
    file("loop.sched", "include \"main.sched\"\n");
    assert_null(read_main(k.c, "include \"loop.sched\"\n"));
    assert_non_null(strstr(count_messages, "loop.sched:1:9: error[bad-include]: 'main.sched' would include itself"));
    count_messages[0] = 0;
    assert_null(read_main(k.c, "include \"none.sched\"\nout vectorise(x)\n"));
    assert_non_null(strstr(count_messages, "none.sched' cannot be read"));
    assert_non_null(strstr(count_messages, "error[no-such-directive]"));
    count_free(&k);
}

/* A mistake in a procedure shows the line in it and every call on the way. */
static void both_places(void **state)
{
    (void)state;
    static const struct {
        const char *schedule, *text[3];
    } cases[] = {
        {"proc in1(f, l) {\n f parallel(l)\n}\nproc in2(f) {\n in1(f, z)\n}\nin2(out)\n",
         {"test.sched:2:13: error[no-such-loop]: parallel(z): 'out' has no loop 'z'",
          "test.sched:5:2: in in1(f, z), called here", "test.sched:7:1: in in2(out), called here"}},
        {"proc p(f) { f vectorize(x, f) }\np(out)\n", {"error[no-such-value]", "in p(out), called here"}},
        {"proc p(f, n) { f vectorize(n, 4) }\np(out, 3)\n",
         {"error[procedure-arguments]: parameter 'n' stands for '3' here, where a loop is needed", "test.sched:2:1: in p(out, 3)"}},
        {"proc p(f) { q(f) }\nproc q(f) { p(f) }\np(out)\n", {"procedure 'p' would call itself"}},
        {"proc p(f) { p(f) }\np(out)\n", {"procedure 'p' would call itself"}},
        {"proc p(f, f) { }\n", {"two parameters are called 'f'"}},
        {"proc p() { }\nproc p() { }\n", {"there is a procedure 'p' already", "test.sched:1:6"}},
        {"proc when() { }\n", {"'when' is a word of schedules"}},
        {"pp(out)\nproc p(f) { }\n", {"there is no procedure 'pp'", "did you mean 'p'"}},
        {"proc p(f) { }\np(out, 2)\n", {"takes 1 argument, but is given 2"}},
        {"when sse9 { }\n", {"error[bad-guard]: no target has a word 'sse9'"}},
        {"when avx512 > 1 { }\n", {"'>' cannot stand in a guard"}},
        {"when avx512 {\n out parallel(y)\n", {"this block has no '}' at its end"}},
        {"when avx512 {\n knob a = 1\n}\n", {"a knob is declared outside of all blocks"}},
        {"when avx512 {\n proc a() { }\n}\n", {"a procedure is declared outside of all blocks"}},
        {"when avx512 {\n include \"a\"\n}\n", {"a file is included outside of all blocks"}},
        {"out vectorize(x, 2) }\n", {"error[schedule-syntax]"}},
        {"else { }\n", {"error[schedule-syntax]"}},
        {"proc p(f) { f wrap(g) }\np(in)\np(in)\n", {"the name 'g' is in use", "in p(in), called here"}},
        {"proc p(f) { f vectorize(x, 4) }\np(nowhere)\n", {"the pipeline has no stage 'nowhere'", "in p(nowhere), called here"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        counted k = count_compile(&(count_case){.make = blur, .schedule = cases[i].schedule});
        if (k.L) fail_msg("[%s] was accepted", cases[i].schedule);
        for (int n = 0; n < 3 && cases[i].text[n]; n++)
            if (!strstr(count_messages, cases[i].text[n])) fail_msg("[%s]\n%s", cases[i].schedule, count_messages);
        count_free(&k);
    }
}

/* The words in C; both blocks run, and what counts is decided by the target. */
static pipeline *in_c(cb_context *c)
{
    pipeline *p = NULL;
    Carbide(c)
    {
        Input(in, u16, 2);
        Output(out, u16, 2);
        Funcs(copy);
        Vars(x, y);
        define(out(x, y) = in(x, y) + 1);
        when(avx512 || avx2)
        {
            schedule(in, wrap(copy));
            when(!avx512) { schedule(copy, compute_at(out, y), vectorize(x, 8)); }
            expect_vectorized(out, 4);
        }
        otherwise() { schedule(out, parallel(y)); }
        schedule(out, vectorize(x, 4));
        p = pipeline_new(c, "in_c", (cb_func_s *[]){out.p}, 1);
    }
    p->target = avx2;
    p->ntarget = COUNT_OF(avx2);
    return p;
}

static void words(void **state)
{
    (void)state;
    counted k = count_run(&(count_case){.make = in_c, .out = {{0, 16, 0}, {0, 2, 0}}});
    assert_int_equal(count_of(&k, "copy")->store_lanes, 8);
    assert_int_equal(k.shape.parallel, 0);
    text t;
    text_init(&t, k.c->a);
    schedule_print(&t, k.p->sched);
    const char *want = "when avx512 || avx2 {\n    in  wrap(copy)\n    when !avx512 {\n"
                       "        copy  compute_at(out, y), vectorize(x, 8)\n    }\n"
                       "    expect vectorized(out, 4)\n} else {\n    out  parallel(y)\n}\nout  vectorize(x, 4)\n";
    assert_string_equal(text_str(&t), want);
    assert_string_equal(printed(k.c, want), want);
    count_free(&k);
}

/* ---- anything at all ------------------------------------------------------------------------- */

static uint64_t random_state = 1;
static unsigned roll(unsigned n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % n;
}

/* Random bytes, and schedules with bytes and pieces changed: read, printed and read again, or refused by a code
 * that is about the text. */
static void any_text(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "knob rows = 4 in 1..64 step 3\nout split(y, yo, yi, rows*2 + 1, guard), parallel(yo)\n",
        "when avx512 && !(gpu || arm) {\n out vectorize(x, 16)\n expect vectorized(out.update 1, 8)\n} else { }\n",
        "proc p(f, y) {\n f split(y, yo, yi, 8)\n when avx2 { q(f, 3) } else { }\n}\nproc q(a, b) { }\np(out, y)\n",
        "out specialize(in.extent(0) >= 16 && min(gain, 3) == 2, vectorize(x, 4)), specialize_fail(\"no # way\")\n",
        "in wrap(tile, blur_x)\nstage when: tile(x, y, xo, yo, xi, yi, 8, max(2, rows))\ninclude \"no.sched\"\n"};
    static const char *const pieces[] = {"{", "}", "(", ")", ",", "when ", "else ", "proc p(", "out ", "\n", "\"", "#",
        "specialize(", "&&", "!", "..", "0.5", "99999999999", ".update 3", "include \"x\"", "knob k = 2\n", "stage ", ":", "\xff", "\0x"};
    cb_context *c = NULL;
    for (int round = 0; round < 6000; round++) {
        if (round % 500 == 0) {
            if (c) cb_context_free(c);
            c = cb_context_new(&(cb_options){.size = sizeof(cb_options), .sink = count_sink});
        }
        char s[512] = "";
        size_t n = 0;
        if (round % 4 == 0) {
            n = roll(200);
            for (size_t i = 0; i < n; i++) s[i] = (char)(roll(8) ? 32 + roll(95) : 1 + roll(255));
        } else {
            n = (size_t)snprintf(s, sizeof s, "%s%s", seeds[roll(COUNT_OF(seeds))], seeds[roll(COUNT_OF(seeds))]);
        }
        for (unsigned edits = roll(5); edits-- > 0 && n && n < 400;) {
            size_t at = roll((unsigned)n), m = roll(6);
            const char *piece = pieces[roll(COUNT_OF(pieces))];
            switch (roll(4)) {
            case 0: s[at] = (char)(1 + roll(255)); break;
            case 1:
                if (m > n - at) m = n - at;
                memmove(s + at, s + at + m, n - at - m + 1), n -= m;
                break;
            case 2:
                m = strlen(piece);
                memmove(s + at + m, s + at, n - at + 1), n += m;
                memcpy(s + at, piece, m);
                break;
            default: s[at] = 0, n = at; break;
            }
        }
        count_messages[0] = 0;
        pipeline *p = round % 3 ? NULL : blur(c);
        schedule *sched = schedule_read(c, s, "any.sched");
        if (strstr(count_messages, "error[internal]")) fail_msg("[%s]: %s", s, count_messages);
        assert_true(sched || *count_messages);
        if (!sched) continue;
        const char *first = printed(c, s), *second = printed(c, first);
        assert_string_equal(first, second);
        if (!p) continue;
        p->sched = sched;
        (void)schedule_resolve(p);
        if (strstr(count_messages, "error[internal]")) fail_msg("[%s]: %s", s, count_messages);
    }
    cb_context_free(c);
}

/* ---- random schedules of all forms ----------------------------------------------------------- */

static void random_lines(text *t, int depth, int in)
{
    static const char *const lines[] = {
        "out  split(y, a, b, n)\n", "f  vectorize(x, 8), parallel(y)\n", "stage else:  unroll(x)\n", "p(out, y, 3)\n",
        "q()\n", "f.update 2  specialize(k > 2, vectorize(x))\n", "in  wrap(g, out, h)\n", "p(f.update 1, k*2 - 1, min(k, 3))\n"};
    static const char *const guards[] = {"avx2", "!gpu && (arm || avx512)", "!(x86 && linux)"};
    for (unsigned n = roll(4); n-- > 0;) {
        if (depth < 3 && roll(3) == 0) {
            text_printf(t, "%*swhen %s {\n", in, "", guards[roll(COUNT_OF(guards))]);
            random_lines(t, depth + 1, in + 1);
            unsigned other = roll(3);
            if (other == 1) text_printf(t, "%*s} else when %s {\n", in, "", guards[roll(COUNT_OF(guards))]);
            if (other == 2) text_printf(t, "%*s} else {\n", in, "");
            if (other) random_lines(t, depth + 1, in + 1);
            text_printf(t, "%*s}\n", in, "");
        } else {
            text_printf(t, "%*s%s", in, "", lines[roll(COUNT_OF(lines))]);
        }
    }
    if (roll(5) == 0) text_printf(t, "%*sexpect vectorized(out, k), vectorized(f.update 0, 4)\n", in, "");
}

static void all_forms(void **state)
{
    (void)state;
    cb_context *c = cb_context_new(&(cb_options){.size = sizeof(cb_options), .sink = count_sink});
    for (int round = 0; round < 400; round++) {
        text t;
        text_init(&t, c->a);
        text_put(&t, "knob k = 4 in 1..9\n");
        if (roll(2)) {
            text_put(&t, "proc p(a, b, n) {\n");
            random_lines(&t, 0, 1);
            text_put(&t, "}\nproc q() {\n");
            random_lines(&t, 0, 1);
            text_put(&t, "}\n");
        }
        random_lines(&t, 0, 0);
        count_messages[0] = 0;
        const char *first = printed(c, text_str(&t)), *second = printed(c, first);
        assert_string_equal(first, second);
        /* nothing was lost: directives, guards and calls are as many as there were */
        static const char *const marks[] = {"split(", "specialize(", "when ", "else", "p(", "q(", "expect", "wrap("};
        for (size_t m = 0; m < COUNT_OF(marks); m++) {
            int found[2] = {0, 0};
            for (int i = 0; i < 2; i++)
                for (const char *s = i ? first : text_str(&t); (s = strstr(s, marks[m])) != NULL; s++) found[i]++;
            if (strcmp(marks[m], "expect")) assert_int_equal(found[0], found[1]);
        }
    }
    cb_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guards),       cmocka_unit_test(procedures),
        cmocka_unit_test(calls_are_apart),
        cmocka_unit_test_setup_teardown(includes, make_folder, drop_folder),
        cmocka_unit_test(both_places),  cmocka_unit_test(words),
        cmocka_unit_test(any_text),     cmocka_unit_test(all_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
