#!/usr/bin/env python3
"""Computes the coefficients of codegen/polynomials.inc: python3 tools/polynomials.py >codegen/polynomials.inc

Each row is a function g of one variable on an interval, found with 60 digits (mpmath). The polynomial interpolates g in the
Chebyshev points of the interval, which is within a small factor of the best polynomial of its degree; its coefficients are
rounded to double, highest power first. The comment of each table is the largest of weight*|p - g| on a fine grid after rounding:
weight*g is the part of the function, relative to the function, that the table contributes.

The odd or even part of a function is a polynomial in z = x*x; what is exact in front of it (the x of sin x) is left out, so that
the table holds a correction whose error counts little. Tables that end in _short serve f32, computed in double.
"""
import sys
import mpmath as mp

mp.mp.dps = 60


def series_or(f, at_zero, tiny=mp.mpf(10) ** -18):
    """f away from 0 and its limit there: the quotients below cancel near 0."""
    return lambda z: f(z) if abs(z) > tiny else at_zero


def odd_rest(f, lead, limit):
    """(f(x)/x - lead)/z as a function of z = x*x"""
    return series_or(lambda z: (f(mp.sqrt(z)) / mp.sqrt(z) - lead) / z, limit)


def interpolate(g, a, b, degree):
    n = degree + 1
    mid, half = (a + b) / 2, (b - a) / 2
    t = [mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    y = [g(mid + half * u) for u in t]
    # Chebyshev coefficients, then powers of u, then powers of x.
    c = [2 * sum(y[k] * mp.cos(j * mp.acos(t[k])) for k in range(n)) / n for j in range(n)]
    c[0] /= 2
    cheb = [[mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]]
    for j in range(2, n):
        nxt = [mp.mpf(0)] + [2 * v for v in cheb[-1]]
        for i, v in enumerate(cheb[-2]):
            nxt[i] -= v
        cheb.append(nxt)
    in_u = [sum(c[j] * cheb[j][i] for j in range(n) if i < len(cheb[j])) for i in range(n)]
    out = [mp.mpf(0)] * n
    power = [mp.mpf(1)]
    for i in range(n):
        for k, v in enumerate(power):
            out[k] += in_u[i] * v
        shifted = [mp.mpf(0)] * (len(power) + 1)
        for k, v in enumerate(power):
            shifted[k] += v * (-mid / half)
            shifted[k + 1] += v / half
        power = shifted
    return out


def table(name, g, a, b, degree, weight=lambda x: 1, keep=0):
    """keep: low powers that the code takes from constants of its own and the table leaves out."""
    a, b = mp.mpf(a), mp.mpf(b)
    p = [mp.mpf(float(v)) for v in interpolate(g, a, b, degree)]
    worst = mp.mpf(0)
    for i in range(301):
        x = a + (b - a) * i / 300
        worst = max(worst, abs(weight(x) * (mp.polyval(p[::-1], x) - g(x))))
    print('/* 2^%.1f */' % (mp.log(worst, 2) if worst else -999))
    print('static const double %s[] = {' % name)
    line = '   '
    for v in p[::-1]:
        word = ' ' + float(v).hex() + ','
        if len(line) + len(word) > 100:
            print(line)
            line = '   '
        line += word
    print(line.rstrip(',') + '};')
    sys.stdout.flush()


def double_double(name, v):
    hi = float(v)
    print('static const double %s_hi = %s, %s_lo = %s;' % (name, hi.hex(), name, float(v - mp.mpf(hi)).hex()))


def split(name, v, bits, parts):
    """v as a sum of doubles of at most so many bits each (the last is full)."""
    out = []
    for i in range(parts):
        if i + 1 < parts:
            e = mp.floor(mp.log(abs(v), 2)) + 1 - bits
            h = mp.floor(v / mp.power(2, e)) * mp.power(2, e)
        else:
            h = mp.mpf(float(v))
        out.append(float(h).hex())
        v -= mp.mpf(float(h))
    print('static const double %s[] = {%s};' % (name, ', '.join(out)))


def main():
    print('/* codegen/polynomials.inc: made by tools/polynomials.py; do not edit. */')
    ln2 = mp.log(2)
    e = ln2 / 2 + mp.mpf(2) ** -20
    grow = series_or(lambda r: (mp.expm1(r) - r) / r ** 2, mp.mpf(1) / 2)
    table('exp_long', grow, -e, e, 10, lambda r: r * r / mp.exp(r))
    table('exp_short', grow, -e, e, 6, lambda r: r * r / mp.exp(r))
    table('exp_fast', grow, -e, e, 3, lambda r: r * r / mp.exp(r))
    root = mp.sqrt(mp.mpf(1) / 2)
    table('log_fast', series_or(lambda f: mp.log1p(f) / f, mp.mpf(1)), root - 1, 2 * root - 1, 6, lambda f: f)
    # log((1 + s)/(1 - s)) = 2s + s^3*(2/3 + z*(2/5 + ...)), |s| up to (sqrt(2) - 1)/(sqrt(2) + 1)
    smax = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * (1 + mp.mpf(2) ** -20)
    lg = lambda s: mp.log((1 + s) / (1 - s))
    r1 = odd_rest(lg, 2, mp.mpf(2) / 3)
    r2 = series_or(lambda z: (r1(z) - mp.mpf(2) / 3) / z, mp.mpf(2) / 5, mp.mpf(10) ** -12)
    table('log_long', r1, 0, smax, 7, lambda z: z / 2)
    table('log_short', r1, 0, smax, 4, lambda z: z / 2)
    table('log_tail', r2, 0, smax, 7, lambda z: z * z / 2)
    quarter = (mp.pi / 4) ** 2 * (1 + mp.mpf(2) ** -10)
    sn = odd_rest(mp.sin, 1, -mp.mpf(1) / 6)
    cs = series_or(lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z ** 2, mp.mpf(1) / 24, mp.mpf(10) ** -12)
    table('sin_long', sn, 0, quarter, 6, lambda z: z)
    table('sin_short', sn, 0, quarter, 3, lambda z: z)
    table('sin_fast', sn, 0, (mp.pi / 2) ** 2 * (1 + mp.mpf(2) ** -10), 2, lambda z: z)
    table('cos_long', cs, 0, quarter, 6, lambda z: z * z)
    table('cos_short', cs, 0, quarter, 3, lambda z: z * z)
    at = odd_rest(mp.atan, 1, -mp.mpf(1) / 3)
    table('atan_long', at, 0, mp.mpf('0.2501'), 13, lambda z: z)
    table('atan_short', at, 0, mp.mpf('0.2501'), 7, lambda z: z)
    asn = odd_rest(mp.asin, 1, mp.mpf(1) / 6)
    table('asin_long', asn, 0, mp.mpf('0.25'), 13, lambda z: z)
    table('asin_short', asn, 0, mp.mpf('0.25'), 7, lambda z: z)
    th = odd_rest(mp.tanh, 1, -mp.mpf(1) / 3)
    table('tanh_long', th, 0, mp.mpf('0.36'), 11, lambda z: z)
    table('tanh_short', th, 0, mp.mpf('0.36'), 6, lambda z: z)
    sh = odd_rest(mp.sinh, 1, mp.mpf(1) / 6)
    table('sinh_long', sh, 0, 1, 7, lambda z: z)
    table('sinh_short', sh, 0, 1, 4, lambda z: z)
    er = series_or(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, 2 / mp.sqrt(mp.pi) - 1)
    table('erf_long', er, 0, 1, 13)
    table('erf_short', er, 0, 1, 8)
    # erfc(x) = exp(-x^2)*q(u), u = (x - 2)/(x + 2), x from 1 to 6
    def q(u):
        x = 2 * (1 + u) / (1 - u)
        return mp.exp(x * x) * mp.erfc(x)
    far = lambda u: mp.exp(-(2 * (1 + u) / (1 - u)) ** 2)
    table('erfc_long', q, -mp.mpf(1) / 3, mp.mpf(1) / 2, 16, far)
    table('erfc_short', q, -mp.mpf(1) / 3, mp.mpf(1) / 2, 8, far)
    print('/* ln 2: the first parts have so few bits that a multiple by an exponent is exact. */')
    split('ln2_parts', ln2, 32, 3)
    split('ln2_two', ln2, 41, 2)
    print('static const double log2_e = %s;' % float(1 / ln2).hex())
    double_double('ln2', ln2)
    double_double('inverse_ln2', 1 / ln2)
    double_double('inverse_ln10', 1 / mp.log(10))
    double_double('two_thirds', mp.mpf(2) / 3)
    print('/* pi/2: multiples of the first parts by less than 2^20 are exact. */')
    split('half_pi_parts', mp.pi / 2, 33, 4)
    double_double('half_pi', mp.pi / 2)
    double_double('quarter_pi', mp.pi / 4)
    double_double('whole_pi', mp.pi)
    print('static const double two_over_pi = %s;' % float(2 / mp.pi).hex())
    mp.mp.dps = 500
    v = 2 / mp.pi
    words = [0]
    for i in range(21):
        v *= mp.mpf(2) ** 64
        w = int(mp.floor(v))
        words.append(w)
        v -= w
    print('/* The bits of 2/pi after the point, behind 64 zeros. */')
    print('static const uint64_t two_over_pi_bits[] = {')
    for i in range(0, len(words), 4):
        print('    ' + ', '.join('0x%016x' % w for w in words[i:i + 4]) + (',' if i + 4 < len(words) else '};'))


main()
