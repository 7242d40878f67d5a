/* tests/fuzz/slow.c: cases that do not end in time because they have that much to do.
 *
 *     out of 29 x 17 x 3 x 7 x 3 x 2 elements, each the merge of 209 x 207 partial results      3 milliards of sums
 *
 * Such a case ends for a smaller output, and takes a time there that, by the number of elements, is too long for the whole. One
 * that would have to end in a fraction of the limit hangs. What is the same for every output, such as compiling, is left out. */
#include "fuzz.h"

#include <sys/resource.h>

/* Seconds of the processor in children that have ended. */
static double children_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

static fz_verdict timed(const fz_case *k, const fz_options *o, double *seconds)
{
    double before = children_seconds();
    fz_verdict v = fz_check_apart(k, o, NULL);
    *seconds = children_seconds() - before;
    return v;
}

/* One element in 2^n along each dimension; how many times fewer that are. */
static fz_case smaller(const fz_case *k, int n, double *times)
{
    fz_case s = *k;
    *times = 1;
    for (int d = 0; d < k->func[k->nfuncs - 1].rank; d++) {
        s.extent[d] = k->extent[d] >> n > 1 ? k->extent[d] >> n : k->extent[d] > 0;
        if (s.extent[d])
            *times *= (double)k->extent[d] / s.extent[d];
    }
    return s;
}

enum { SMALLEST = 16 };

bool fz_is_slow(const fz_case *k, const fz_options *o, double limit)
{
    double times, least, seconds = 0;
    fz_case one = smaller(k, SMALLEST, &times);
    if (times <= 1 || timed(&one, o, &least) != FZ_OK)
        return false;
    for (int n = 1; n < SMALLEST; n++) {
        fz_case part = smaller(k, n, &times);
        fz_verdict v = timed(&part, o, &seconds);
        if (v == FZ_OK)
            return (seconds - least) * times > limit / 4; /* what grows more slowly than the output */
        if (v != FZ_HANG)
            return false;
    }
    return false;
}
