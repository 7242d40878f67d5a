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

/* The case for `part` of its output along each dimension; how many times fewer elements that are. */
static fz_case smaller(const fz_case *k, double part, double *times)
{
    fz_case s = *k;
    *times = 1;
    for (int d = 0; d < k->func[k->nfuncs - 1].rank; d++) {
        int few = (int)(k->extent[d] * part);
        s.extent[d] = few > 1 ? few : k->extent[d] > 0;
        if (s.extent[d])
            *times *= (double)k->extent[d] / s.extent[d];
    }
    return s;
}

enum { MOST_TRIES = 16 };

/* A part that does not end is too large; one that is discarded too small, for an update at a constant place or an input. */
bool fz_is_slow(const fz_case *k, const fz_options *o, double limit)
{
    double times, least, seconds, small = 0, large = 1;
    fz_case part = smaller(k, 0, &times);
    if (times <= 1)
        return false;
    fz_verdict v = timed(&part, o, &least);
    if (v != FZ_OK && v != FZ_DISCARDED)
        return false;
    for (int i = 0; i < MOST_TRIES; i++) {
        double middle = (small + large) / 2;
        part = smaller(k, middle, &times);
        v = timed(&part, o, &seconds);
        if (v == FZ_OK)
            return (seconds - least) * times > limit / 4; /* what grows more slowly than the output */
        if (v != FZ_HANG && v != FZ_DISCARDED)
            return false;
        *(v == FZ_HANG ? &large : &small) = middle;
    }
    return false;
}
