"""collapse.md#pair: the angle between two inputs, layer by layer."""

import math

from flint import arb, ctx

from balls import PI, argmin, ball, parameter, rough
from certificate import Refused
from moments import NotRechecked, log_negative, weights
from other import cosine
from tails import rectified_lower, remembered

E = ball(1).exp()


def theta_of(s):
    return 2 * (s / 2).sqrt().asin()


def phi(s, bend):
    """collapse.md#recurrence."""
    theta = theta_of(s)
    return s - bend * (theta.sin() - theta * theta.cos()) / PI


def integral(x, square):
    """I(x, b) of #arcs, b^2 = square."""
    if square > 0:
        b = square.sqrt()
        sin, cos = x.sin(), x.cos()
        return (x - ((1 - b) * sin * cos / (1 - (1 - b) * sin**2)).atan()) / b
    kappa = (-square).sqrt()
    if not (kappa > 0 and x < PI / 2 and kappa * x.tan() < 1):
        raise ValueError("no mean")
    return (kappa * x.tan()).atanh() / kappa


def log_mean(lam, s, t):
    """log E e^(lambda Z) at the angle of s, for T = t (ReLU; "The mean in closed form")."""
    theta = theta_of(s)
    all_, most = 1 + 2 * lam * t * (1 - s / 2), 1 - 2 * lam * s * (1 - t / 2)
    if not all_ > 0:
        raise ValueError("no mean")
    value = 2 * (integral(theta, 1 - lam * (1 - t)) - theta)
    value += 2 / all_ * integral((PI - theta) / 2, most / all_) - (PI - theta)
    return (1 + value / (2 * PI)).log()


def largest(s):
    """q of *bernstein*, for ReLU and below."""
    return s * (2 - s) if s <= 1 else ball(1)


@remembered
def chernoff(n, nats, s):
    """T_i from T_{i-1} = s, at most 1."""

    def of(t, u):
        return parameter_of(u) / ((1 - t) * largest(s))

    def parameter_of(u):
        w = parameter(u)
        return w / (1 + w)

    def rate(t, near=None):
        def at(u):
            return rough(n * log_mean(of(t, u), s, t) + nats)

        if near is None:
            u = argmin(-30.0, 12.0, at, 34, 20)
        else:
            u = argmin(near - 1.5, near + 1.5, at, 14, 4)
        return u, at(u)

    precision, ctx.prec = ctx.prec, 128
    low, high, near = math.log(rough(phi(s, ball(1)))) - 1e-9, 0.0, None
    for _ in range(32):
        middle = (low + high) / 2
        try:
            near, value = rate(ball(math.exp(middle)), near)
        except ValueError:
            near, value = None, 0.0
        low, high = (low, middle) if value < 0 else (middle, high)
    ctx.prec = precision
    if high < 0.0:
        t = ball(math.exp(high + 1e-9))
        u = rate(t)[0]
        lam = of(t, u)
        if t < 1 and lam * (1 - t) * largest(s) < 1 and n * log_mean(lam, s, t) <= -nats:
            return t
    if ball(2) ** (1 - n) <= (-nats).exp():
        return ball(1)
    raise Refused("a layer may be silent")


def bernstein(given, n, nats, below, s):
    """T_i from T_{i-1} = s at any slope."""
    a, mu = given.a, given.kept()
    bend = (1 - a) ** 2 / (1 + a**2)
    most, q = phi(s, bend), largest(s)
    if given.slope < 0 and theta_of(s) > PI / bend:
        most = 1 - bend / PI * (PI / bend).sin()
    if given.slope > 0 and not s <= 1 - a:
        q = (1 - a) ** 2 + 2 * a * s
    less = rectified_lower(n, given.slope_square, below)
    if less is None:
        raise Refused("a layer may be silent")
    psi = 2 * mu * most + (16 * mu * q * most * nats / n).sqrt() + 2 * q * nats / n
    return (psi / (2 * less)).min(ball(2 if given.slope > 0 else 1))


def below_half(n, m):
    """P(N < m)."""
    if n <= 2048:
        return sum(weights(n)[:m], ball(0))
    return (-2 * (ball(n) / 2 - (m - 1)) ** 2 / n).exp()


R = 2 * PI * (PI - (PI**2 - 2).sqrt())


@remembered
def log_k(n, p, less):
    """#powers: log K, at the best m and lambda found."""

    def bracket(m):
        first = log_negative(n, p, m)
        if first is None:
            raise ValueError("no moment")
        rest = (1 + p) * (-p * (2 * less).log()).exp() * below_half(n, m)
        return ((first - p * ball(2).log()).exp() + rest).log()

    def power(u):
        w = parameter(u)
        lam = w / (1 + w) / (2 * R)
        return p * (p / (lam * n)).log() - p + n * (1 + lam + 3 * lam**2 / (1 - 2 * R * lam)).log()

    def at(v):
        return max(1, n // 2 - int(math.sqrt(n) * math.exp(v)))

    v = argmin(-2.0, 2.5, lambda v: rough(bracket(at(v))), 8, 10)
    u = argmin(-25.0, 6.0, lambda u: rough(power(u)), 40, 16)
    return power(u) + bracket(at(v))


def moments(given, events, last):
    """#powers."""
    if given.slope != 0:
        raise NotRechecked("moments at a slope")
    less = {}
    for i in range(1, last + 1):
        for kind in ("first-below", "second-below"):
            found = rectified_lower(given.widths[i], ball(0), events.nats(kind, i))
            if found is None:
                raise Refused("a layer may be silent")
            less[i] = found if i not in less else less[i].min(found)
    nats = events.nats("angle", last)

    def size(p):
        known, s = {}, cosine(given.start)
        for i in range(1, last + 1):
            n = given.widths[i]
            if n not in known:
                known[n] = (log_k(n, p, less[i]) / p).exp()
            s = (known[n] * phi(s, ball(1))).min(ball(1))
        return s * (nats / p).exp()

    top = math.log(min(given.widths[1 : last + 1]) / 5 + 1.001)
    t = argmin(0.0, top, lambda t: rough(size(ball(math.exp(t)))), 16, 8)
    return size(parameter(t).max(ball(1)))


def angle(given, events, way, last):
    """The bound on the angle behind layer `last`."""
    if not given.unbiased:
        raise NotRechecked(f"by {way}, with biases")
    s = cosine(given.start)
    if not s > 0:
        raise NotRechecked("the same input twice")
    if way == "moments":
        s = moments(given, events, last)
    for i in range(1, last + 1) if way != "moments" else ():
        n = given.widths[i]
        if way == "chernoff":
            if given.slope != 0:
                raise NotRechecked("by chernoff, at a slope")
            s = chernoff(n, events.nats("angle", i), s)
        else:
            below = events.nats("first-below", i).max(events.nats("second-below", i))
            s = bernstein(given, n, events.nats("difference", i), below, s)
    return theta_of(s) if s < 2 else arb.pi()
