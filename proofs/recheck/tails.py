"""The tails of proofs/tools.md; the name of a function's section there is behind it."""

import functools
import math

from flint import arb, ctx

import balls
from balls import HALF, PI, ball, erfc, lower_at_best, rough, upper_at_best


def remembered(function):
    """The same call gives the same ball."""
    known = {}

    def exact_key(value):
        if isinstance(value, arb):
            return value.mid().man_exp(), value.rad().man_exp()
        return value

    @functools.wraps(function)
    def call(*values):
        key = tuple(exact_key(value) for value in values) + (balls.moved,)
        if key not in known:
            known[key] = function(*values)
        return known[key]

    return call


@remembered
def rectified_upper(n, square, nats):
    """#rectified-sum: s+ with P(S_a(n) >= n s+) <= e^-nats; `square` is a^2, nats a ball."""
    share = nats / n

    def at(w):  # 1 - 2 lambda = 1/(1+w)
        lam = w / (1 + w) / 2
        big = (HALF * (1 + w).sqrt() + HALF / (1 - 2 * square * lam).sqrt()).log()
        return (share + big) / lam

    return upper_at_best(-45.0, 12.0, at)


@remembered
def rectified_lower(n, square, nats):
    """#rectified-sum: s- with P(S_a(n) <= n s-) <= e^-nats, or None where there is none."""
    share = nats / n

    def at(mu):
        big = (HALF / (1 + 2 * mu).sqrt() + HALF / (1 + 2 * square * mu).sqrt()).log()
        return -(share + big) / mu

    best = lower_at_best(-45.0, 60.0, at)
    return best if best > 0 else None


def chi_square_chernoff_lower(n, nats):
    """#chi-square: c- by Chernoff, or None."""
    share = nats / n
    best = lower_at_best(-45.0, 60.0, lambda mu: (HALF * (1 + 2 * mu).log() - share) / mu)
    return best if best > 0 else None


def series(a, y):
    """Sigma(a, y) of #chi-square, with the bound on what follows the last term."""
    total, term, j = ball(1), ball(1), 0
    while True:
        j += 1
        term *= y / (a + j)
        total += term
        ratio = y / (a + j)
        if ratio < HALF and term < arb(2) ** -(ctx.prec // 2):
            return total + (term * ratio / (1 - ratio)).union(0)


def chi_square_below(n, y):
    """P(chi^2_n <= 2y), #chi-square."""
    a = ball(n) / 2
    return (a * y.log() - y - (a + 1).lgamma()).exp() * series(a, y)


def quantile(holds, low, high):
    """The largest e^t with t in [low, high] found at which holds(e^t) is certain, or None."""
    top = low
    precision, ctx.prec = ctx.prec, 96
    for _ in range(50):
        middle = (top + high) / 2
        if holds(parameter_at(middle)):
            top = middle
        else:
            high = middle
    ctx.prec = precision
    for bits in (44, 40, 30, 20, 10):
        found = parameter_at(top - 2.0**-bits)
        if top > low and holds(found):
            return found
    return None


def parameter_at(t):
    return ball(math.exp(t))


@remembered
def chi_square_lower(n, nats):
    """#chi-square: by the law for n <= 4096, by Chernoff beyond."""
    if n > 4096:
        return chi_square_chernoff_lower(n, nats)
    limit = (-nats).exp()
    found = quantile(
        lambda c: chi_square_below(n, c * n / 2) <= limit, -60.0 - 4 * rough(nats) / n, 1.0
    )
    return found


@remembered
def gaussian_upper(probability):
    """#gaussian: q with erfc(q/sqrt 2) <= probability."""
    root = arb(2).sqrt()
    low, high = math.log(1e-30), math.log(200.0)
    for _ in range(80):
        middle = (low + high) / 2
        if erfc(parameter_at(middle) / root) <= probability:
            high = middle
        else:
            low = middle
    q = parameter_at(high)
    if not erfc(q / root) <= probability:
        raise ValueError("a Gaussian quantile was not found")
    return q


@remembered
def active(n, nats):
    """#binomial: a with P(Bin(n, 1/2) >= a) <= e^-nats; n always serves."""

    def at(lam):
        return (nats + n * ((1 + lam.exp()) / 2).log()) / lam

    found = upper_at_best(-45.0, 4.0, at)
    return found if found < n else ball(n)


def excess(q):
    """#heaviest: v(q) = E(g^2 - q^2)_+."""
    density = (-q * q / 2).exp() / (2 * PI).sqrt()
    return 2 * q * density + (1 - q * q) * erfc(q / arb(2).sqrt())


def rough_excess(q):
    density = math.exp(-q * q / 2) / math.sqrt(2 * math.pi)
    return 2 * q * density + (1 - q * q) * math.erfc(q / math.sqrt(2))


def over_level(formula, rough_formula):
    """The infimum over q > 0 of an upper bound with v(q)."""
    return upper_at_best(-14.0, 3.2, formula, rough_formula)


@remembered
def heaviest(n, m, part=1):
    """#heaviest: t(n, m) and, with part = 2, t+(n, m)."""
    if m == 0:
        return ball(0)
    count = ball(n) / part
    # q = 0 is allowed: the mean of all.
    best = over_level(
        lambda q: m * q * q + count * excess(q),
        lambda q: m * q * q + n / part * rough_excess(q),
    )
    return best.min(count)


def lightest(n, m, q, lam, nats):
    """#heaviest: m q^2 - U_q, which the m smallest squares exceed on the event `lightest`."""
    below = 1 - erfc(q * ((1 + 2 * lam) / 2).sqrt())
    mean = erfc(q / arb(2).sqrt()) + (lam * q * q).exp() / (1 + 2 * lam).sqrt() * below
    return m * q * q - (nats + n * mean.log()) / lam


def bernstein(mu, b, nats):
    """#bernstein."""
    return mu + (2 * b * mu * nats).sqrt() + b * nats / 3


def beta_below(a, b, x):
    """I_x(a, b) by the series of #beta, with the bound on what follows the last term."""
    log_beta = a.lgamma() + b.lgamma() - (a + b).lgamma()
    total, term, j = ball(1), ball(1), 0
    while True:
        ratio = x * (a + b + j) / (a + 1 + j)
        term *= ratio
        total += term
        j += 1
        rest = ratio.max(x)
        if rest < HALF and term < arb(2) ** -ctx.prec * total:
            total += (term * rest / (1 - rest)).union(0)
            return (a * x.log() + b * (1 - x).log() - log_beta).exp() / a * total


def cap_above(d, q):
    """P(|U_1| > q) from above: by the law of U_1^2 (gradient.md#ratio), and by #cap."""
    q, x = ball(q), ball(q) ** 2
    law = 1 - beta_below(HALF, ball(d - 1) / 2, x) if d * x < 400 and x < 0.4 else ball(1)
    c = (ball(d) / 2).lgamma() - (ball(d - 1) / 2).lgamma()
    log = c + (2 / (q * (d - 1))).log() - PI.log() / 2 + ball(d - 1) / 2 * (1 - x).log()
    if not x < 0.4 and d < 2000:
        law = beta_below(ball(d - 1) / 2, HALF, 1 - x)
    return log.exp().min(law)


@remembered
def cap_quantile(d, probability):
    """q with P(|U_1| > q) <= probability."""
    if d == 1:
        return ball(1)
    low, high = -0.5 * math.log(d) - 40.0, 0.0
    for _ in range(70):
        middle = (low + high) / 2
        q = parameter_at(middle)
        if q < 1 and cap_above(d, q) <= probability:
            high = middle
        else:
            low = middle
    q = parameter_at(high)
    return q if high < 0.0 and cap_above(d, q) <= probability else ball(1)
