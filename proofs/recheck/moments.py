"""The moments of proofs/tools.md, and the two statements of size that rest on them."""

import functools
import math

from flint import arb, ctx

from balls import HALF, argmin, ball, erfc, parameter, rough
from tails import chi_square_below, chi_square_lower, gaussian_upper, quantile
from tails import rectified_lower, rectified_upper, remembered, series


class NotRechecked(Exception):
    """No formula of this way, at these parameters, is rechecked."""


def log_c(k, n, e):
    """#rectified-moments: log c_k(e) = log E(chi^2_k / n)^e."""
    half = ball(k) / 2
    return e * (ball(2) / n).log() + (half + e).lgamma() - half.lgamma()


@functools.lru_cache(None)
def weights(n):
    """2^-n binomials, k = 0 .. n."""
    row, value = [], 1
    for k in range(n + 1):
        row.append(ball(value) / ball(2) ** n)
        value = value * (n - k) // (k + 1)
    return row


def exact_sum(n, e, start):
    """log of sum_{k >= start} 2^-n binomial(n, k) c_k(e); c_{k+2}/c_k = (k/2 + e)/(k/2)."""
    w, total = weights(n), ball(0)
    for first in range(max(start, 1), min(max(start, 1) + 2, n + 1)):
        c = log_c(first, n, e).exp()
        for k in range(first, n + 1, 2):
            total += w[k] * c
            c *= (ball(k) / 2 + e) / (ball(k) / 2)
    return total.log()


@remembered
def log_positive(n, square, p):
    """#rectified-moments 1, 4, 5: log E(S_a(n)/n)^p from above; p a ball."""
    if square == 1:
        return log_c(n, n, p)

    def chernoff(lam):
        big = (HALF / (1 - 2 * lam).sqrt() + HALF / (1 - 2 * square * lam).sqrt()).log()
        return p * (p / (lam * n)).log() - p + n * big

    t = argmin(-40.0, 12.0, lambda t: rough(chernoff(of_w(ball(math.exp(t))))), 40)
    found = chernoff(of_w(parameter(t)))
    if n <= 2048:
        plain = exact_sum(n, p, 1)
        if square != 0:
            plain += p * (1 + square).log() if p >= 1 else (1 + (p * square.log()).exp()).log()
        found = found.min(plain)
    return found


def of_w(w):
    return w / (1 + w) / 2


@remembered
def log_negative(n, p, k0):
    """#rectified-moments 2: log E[(S(n)/n)^-p; N >= k0] from above."""
    if not 2 * p < k0:
        return None
    if n <= 2048:
        return exact_sum(n, -p, k0)
    c0 = log_c(k0, n, -p)

    def at(k1):
        if k1 <= k0:
            return c0
        c1 = log_c(k1, n, -p)
        mu = (c0 - c1) / (k1 - k0)
        first = c0 + mu * k0 + n * ((1 + (-mu).exp()) / 2).log()
        second = c1 - 2 * (ball(k1) - ball(n) / 2) ** 2 / n
        return (first.exp() + second.exp()).log()

    root = math.isqrt(n)
    choice = argmin(-3.0, 4.0, lambda t: rough(at(n // 2 + int(root * math.exp(t)))), 12, 12)
    return at(min(n, n // 2 + int(root * math.exp(choice))))


def peak(slope, low, high):
    """[t-, t+] around the peak of a function of log t whose slope is certain to change sign."""
    precision, ctx.prec = ctx.prec, 96
    for _ in range(48):
        middle = (low + high) / 2
        if rough(slope(ball(middle))) > 0:
            low = middle
        else:
            high = middle
    ctx.prec = precision
    step = 2.0**-39
    for _ in range(12):
        left, right = ball(low - step), ball(high + step)
        if slope(left) > 0 and slope(right) < 0:
            return left.union(right)
        step *= 4
    raise ValueError("a peak was not found")


def gaussian_slope(y):
    q = y.exp()
    root = arb(2).sqrt()
    return -q * (2 / arb.pi()).sqrt() * (-q * q / 2).exp() / erfc(q / root)


def log_gaussian_supremum(p):
    """#moment-tail: log sup_t t^p P(Z^2 >= t), in y = log q, t = q^2."""
    y = peak(lambda y: 2 * p + gaussian_slope(y), -40.0, 4.5)
    return 2 * p * y + erfc(y.exp() / arb(2).sqrt()).log()


def log_chi_square_supremum(d, p):
    """#moment-tail: log sup_c c^-p P(chi^2_d / d <= c), in log y, c = 2y/d."""
    if d > 1024:
        return log_c(d, d, -p)
    a = ball(d) / 2
    high = math.log(d / 2 + 40 * math.sqrt(d) + 60)
    y = peak(lambda y: a / series(a, y.exp()) - p, -80.0, high)
    inner = (a - p) * y - y.exp() - (a + 1).lgamma() + series(a, y.exp()).log()
    return inner + p * (a).log()


def output_upper(given, events, way):
    """output.md#upper."""
    squares, variances = given.slope_square, given.bias_variances()
    layers = range(1, given.depth + 1)
    if way == "split":
        size = ball(1)
        for i in layers:
            n = given.widths[i]
            size = (size + variances[i]) * rectified_upper(n, squares, events.nats("sum-above", i))
        return gaussian_upper(events.share("gaussian")) * (size + variances[-1]).sqrt()
    nats = events.nats("product")

    def log_upper(p):
        size = ball(0)
        for i in layers:
            moment = log_positive(given.widths[i], squares, p)
            size = grown(size, variances[i], p) + moment
        size = grown(size, variances[-1], p)
        return (nats + log_gaussian_supremum(p) + size) / p / 2

    def grown(size, variance, p):
        if given.unbiased:
            return size
        if p >= 1:
            return p * ((size / p).exp() + variance).log()
        return (size.exp() + (p * variance.log()).exp()).log()

    # Where nearly every network may fail, the best p is as small as the share that may not.
    least = -6.0 + math.log(-math.expm1(-float(nats.mid())))
    t = argmin(least, 9.0, lambda t: rough(log_upper(ball(math.exp(t)))), 34, 14)
    return log_upper(parameter(t)).exp()


def cut(n, share):
    """The largest k with P(Bin(n, 1/2) < k) <= share: in whole numbers, or by Hoeffding
    (#rectified-moments 3)."""
    if n <= 2048:
        total, count, k, limit = 0, 1, 0, share * 2**n
        while k <= n and total + count <= limit:
            total += count
            count = count * (n - k) // (k + 1)
            k += 1
        return k
    share = ball(share)
    root = (ball(n) * (1 / share).log() / 2).sqrt()
    k = int(rough(ball(n) / 2 - root)) + 2
    while k >= 0 and not (-2 * (ball(n) / 2 - k) ** 2 / n).exp() <= share:
        k -= 1
    return k + 1


def gradient_lower(given, events, way):
    """gradient.md#lower."""
    d, square = given.widths[0], given.slope_square
    layers = range(1, given.depth + 1)
    if way == "split":
        size = chi_square_lower(d, events.nats("chi-below"))
        for i in layers:
            less = rectified_lower(given.widths[i], square, events.nats("back-below", i))
            if size is None or less is None:
                return ball(0)
            size *= less
        return size.sqrt() if size is not None else ball(0)
    cuts = {}
    if not events.has("cut", 1) and given.depth:
        if square != 1:
            raise NotRechecked("negative moments of this slope (tools.md#bent-moments)")
        cuts = None
    else:
        cuts = {i: cut(given.widths[i], events.exact("cut", i)) for i in layers}
    nats = events.nats("product")
    bounds = [d] + [given.widths[i] if cuts is None else cuts[i] for i in layers]

    def log_lower(p):
        total = log_chi_square_supremum(d, p) + nats
        for i in layers:
            n = given.widths[i]
            total += log_c(n, n, -p) if cuts is None else log_negative(n, p, cuts[i])
        return -total / p / 2

    top = math.log(min(bounds) / 2) if min(bounds) > 0 else -math.inf
    if top == -math.inf:
        return ball(0)
    t = argmin(
        max(-5.0, top - 12.0), top - 1e-12, lambda t: -rough(log_lower(ball(math.exp(t)))), 34, 14
    )
    return log_lower(parameter(t)).exp()
