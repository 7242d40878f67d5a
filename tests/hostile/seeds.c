/* tests/hostile/seeds.c: right texts to start from, and words. The program they are about is in main.c. */
#include "hostile.h"

const char *const hostile_names[HOSTILE_KINDS] = {"schedules", "equations", "commands", "certificates"};

static const char *const schedules[] = {
    "out  split(y, yo, yi, 8), parallel(yo), vectorize(x, 8)\nf  store_at(out, yo), compute_at(out, yi)\n",
    "knob strip = 32 in 8..128 step 8\nout  tile(x, y, xo, yo, xi, yi, 16, strip), fuse(yo, xo, t), parallel(t)\n",
    "g  compute_root(), vectorize(x, 4, round_up)\ng.update 0  reorder(x, r.x), unroll(r.x, 2)\n",
    "out  bound(x, 0, 64), vectorize(x, 16, shift_inwards)\nf  compute_at(out, y), align_bounds(x, 8)\n",
    "h  compute_at(out, y), store_root(), store_in(heap), reorder(y, x)\nout  rename(x, z), serial(z)\n",
    "stage out: unroll(y, 4, predicate), vectorize(x, 8)\nexpect vectorized(out, 8)\n# comment\nf  compute_inline()\n",
    "h  reorder_storage(y, x), compute_root()\ng.update 1  vectorize(x, 4), parallel(x)\n",
    "out  specialize(p == 1, vectorize(x, 8)), specialize(in.extent(0) > 4 && q < 2.5, unroll(x, 2))\n",
    "out  split(x, xo, xi, strip*2), vectorize(xi)\nknob strip = 4\nf  compute_at(out, xo), vectorize(x, strip)\n",
    "f  wrap(fw, out), compute_root()\nfw  compute_at(out, y), vectorize(x, 8)\n",
    "proc rows(s, y, n) {\n    s  split(y, yo, yi, n), parallel(yo)\n}\nwhen avx2 || !sse41 {\n    rows(out, y, 16)\n} else {\n    rows(h, y, 4)\n}\n",
    "when !avx512 && x86 {\n    out  vectorize(x, 8)\n}\nf  wrap(fw, out), compute_root()\nfw  compute_at(out, x)\n",
    "out  specialize(p > 3, split(x, xo, xi, 4)), specialize_fail(\"p is small\")\n",
    NULL,
};
static const char *const equations[] = {
    "e(x, y) = (in(x - 1, y) + in(x, y) + in(x + 1, y)) / 3",
    "e(x, y) = select(x < p && y > 2 || !(x == y), f(x, y), u16(g(x, y) >> 2))",
    "e(x) = clamp(i32(h(x, x)[1]), 0, p) * 2 + tab(x & 255)",
    "e(x, y) = (f(x, y), f32(x) * 0.5 + q)",
    "e(x) = sum(r, in(r.x, x + r.y) * 2) as e2",
    "e(x, y) = u8_sat(f(2*x, y/2) % 7) ^ 0xff",
    "e(x, y) = cast(f64, sqrt(abs(f32(in(x, y)) - 1.5))) + pow(q, 2)",
    "g(x, y) += f(x + r.x, y) * i32(r.y)",
    "e(x, y) = select(x > 3, undef(u16), f(x, y))",
    "e(x, y) = random_uint() % 7 + u32(halving_add(f(x, y), in(x, y)))",
    "e(x, y) = require(p > 0, f(x, y) / u16(p), \"p is %d\", p)",
    "e(x, y) = strict(q * 3 + f32(x)) + fast_exp(q)",
    "g(in(r.x, r.y) & 15, y) = max(g(in(r.x, r.y) & 15, y), 7)",
    "e = total + 1",
    "e(x, y) = in(min(x, in.extent(0) - 1), max(y, in.min(1)))",
    "h(x, y)[0] += 1",
    "e(x, y) = x > 0 ? f(x, y) : -f(x/2, y % 5) << 3",
    NULL,
};
/* One argument each between blanks. */
static const char *const command_lines[] = {
    "nest target=host schedule=none",
    "-g victim -e header,schedule target=x86-64-linux-avx2",
    "lower --until=vectorize schedule=none size=3",
    "expand schedule=cpu strip=16",
    "verify --rounds=0 --time=0.2 --trial=out=0:4,0:3 --no-files",
    "fuzz --cases=1 --seed=3 --first=2 --jobs=1 --no-files --json",
    "schedule schedule=cpu",
    "-n name -e nest,lowered,llvm target=x86-64-linux-o0",
    "--list",
    "--help",
    NULL,
};
static const char *const certificates[] = {
    "carbide certificate 1\ncommand verify\ngenerator victim\nversion 0.1.0\nprogram PROGRAM\ntarget x86-64-linux-o0\nsettings\n"
    "seed 0\nschedule\n| out vectorize(x, 8)\ntrial agree: out=0:4,0:3 p=1 q=2 data=random:1\nresult 1 region agrees\n",
    "carbide certificate 1\ncommand fuzz\ngenerator victim\nversion 0.1.0\nprogram PROGRAM\ntarget x86-64-linux-o0\nsettings\n"
    "seed 5\nfirst 3\ncases 1\ndigest 12345\nschedule\nresult 1 schedules, 1 legal, 5 regions agree\n",
    NULL,
};
const char *const *const hostile_seeds[HOSTILE_KINDS] = {schedules, equations, command_lines, certificates};

const char *const hostile_words[] = {
#define DIRECTIVE(ID, word, scope, args, brief) #word,
#include <carbide/directives.def>
#undef DIRECTIVE
#define WORD(id, word, least, most, brief) #word,
    CB_OPS(WORD)
#undef WORD
    "out", "f", "g", "h", "e", "in", "tab", "total", "p", "q", "x", "y", "z", "r.x", "r.y", "r", "xo", "v0", "strip", "victim",
    "out.update", "out.update 0", "g.update 1", "g.update 7", "f.x", ".", "..", "knob", "expect", "stage", "when", "proc", "include",
    "update", "guard", "auto", "round_up", "shift_inwards", "predicate", "heap", "stack", "register", "shared", "vectorized",
    "i8", "u8", "i32", "u64", "bool", "boolean", "f16", "bf16", "f32", "f64", "handle", "u8_sat", "sum", "argmin", "as", "undef",
    "0", "1", "2", "3", "8", "-1", "16", "1024", "1025", "4097", "65536", "2147483647", "2147483648", "-2147483648",
    "9223372036854775807", "18446744073709551615", "99999999999999999999999", "0x7fffffff", "1.5", "1e308", "1e999", "0.0", "''",
    "+", "-", "*", "/", "%", "<<", ">>", "&&", "||", "!", "==", "<=", "=", "+=", "?", ":", ",", "(", ")", "[", "]", "{", "}", ";", "#",
    "\n", "\t", " ", "\"", "\\", "target=host", "target=arm-64-linux", "schedule=none", "schedule=/dev/null", "schedule=nothing",
    "-o", "-e", "-n", "-g", "--", "--json", "--check=/dev/null", "--resume=/dev/zero", "--until=", "--time=0.1", "--cases=1",
    "--trial=", "=", "size=1", "size=999999999999", "strip=8", "data=ramp:0", "out=0:0,0:0", "out=-5:3,2147483647:1", "verify", "fuzz",
    "nest", "lower", "object", "assembly", "trial", "end", "cases", "seed", "|",
    NULL,
};
