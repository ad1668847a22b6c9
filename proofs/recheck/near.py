"""bottleneck.md and linearity.md by comparison: layer by layer, on the events of one row."""

import math

from flint import arb

from balls import HALF, PI, argmin, ball, parameter, rough, smallest
from certificate import Refused
from tails import active, bernstein, chi_square_lower, heaviest, lightest, over_level
from tails import excess, rectified_lower, rectified_upper, remembered, rough_excess

INFINITE = arb("+inf")


@remembered
def flip_bound(n, size, kappa, nats):
    """bottleneck.md#flips: is m q^2 - U > kappa(m)^2 for some q, so that fewer than m flip?"""

    # U_q is at least n E(q^2 - g^2)_+, so that m q^2 - U_q is below n whatever q is.
    if kappa**2 > n:
        return False

    def at(t, u):  # q = e^t, lambda = e^u/q^2
        return rough(lightest(n, size, ball(math.exp(t)), ball(math.exp(u - 2 * t)), nats))

    def passes(t, u):
        return lightest(n, size, parameter(t), parameter(u - 2 * t), nats) > kappa**2

    guess = math.log(1.25 * min(size / n, 0.9))
    t, u = guess, 1.0
    for _ in range(3):
        t = argmin(guess - 3.0, guess + 3.0, lambda t: -at(t, u), 18, 12)
        u = argmin(-12.0, 12.0, lambda u: -at(t, u), 18, 12)
    if passes(t, u):
        return True
    if size > 50:
        return False

    def best(t):
        return argmin(-8.0, 8.0, lambda u: -at(t, u), 20, 16)

    low = guess - 4.0 - 2 * rough(nats)
    t = argmin(low, guess + 3.0, lambda t: -at(t, best(t)), 30, 30)
    return passes(t, best(t))


def scale_of(n, kappa):
    """Where a search for log lambda begins and ends: kappa^2 lambda is of the order of n."""
    size = math.log(n) - 2 * rough(kappa.log()) if kappa.is_finite() else 0.0
    return min(0.0, size) - 12.0, max(0.0, size) + 12.0


@remembered
def weights(n, kappa, nats):
    """g_j of linearity.md#term."""

    def square(lam, w):  # 2 theta = w/(1+w)
        theta = w / (1 + w) / 2
        angle = (1 / lam.sqrt()).atan()
        one, two = 1 - 2 * theta, 1 + 2 * theta * lam
        mean = 1 - 2 / PI * angle + 2 / PI * (two / (lam * one)).sqrt().atan() / (one * two).sqrt()
        return lam * kappa**2 + (nats + n * mean.log()) / theta

    low, high = scale_of(n, kappa)
    t, u = (low + high) / 2, 0.0
    for _ in range(12):
        u = argmin(
            -25.0, 8.0, lambda u: rough(square(ball(math.exp(t)), ball(math.exp(u)))), 24, 12
        )
        t = argmin(low, high, lambda t: rough(square(ball(math.exp(t)), ball(math.exp(u)))), 24, 12)
    return square(parameter(t), parameter(u)).sqrt()


class Ball:
    """Everything that bottleneck.md says of layers 0, 1, 2, ... on the events at hand."""

    def __init__(self, given, events, radius=None, drop=None):
        self.given, self.events = given, events
        first = 1 + given.relative_square(1)
        self.remembers = radius is None
        radius = given.radius if radius is None else radius
        self.radius = radius
        # tau_0 and mu_0, of the augmented input; c_0 in the ball.
        self.tau = [radius / first.sqrt()]
        self.mu = [self.tau[0] * ball(given.widths[0]).sqrt()]
        self.drop = [smallest(radius / first if drop is None else drop, self.tau[0])]
        self.sigma, self.nu = [ball(1)], [ball(given.widths[0]).sqrt()]
        self.flips, self.kappa, self.active = [0], [None], [None]
        # What a layer receives: q_j, v_j.
        self.received, self.signal = [first], [ball(1)]
        self.lower = {}

    def upper_sum(self, i):
        """s_i^+ of `sum-above`."""
        given, events = self.given, self.events
        return rectified_upper(given.widths[i], given.slope_square, events.nats("sum-above", i))

    def receive(self, j):
        """q_0 .. q_j (bottleneck.md#received)."""
        given = self.given
        while len(self.received) <= j:
            i = len(self.received)
            signal = self.signal[-1] * given.kept() * (1 + given.relative_square(i))
            self.signal.append(signal)
            more = given.relative_square(i + 1) * signal
            self.received.append(self.received[-1] * self.upper_sum(i) + more)
        return self.received[j]

    def share_of_bias(self, j):
        """c_j, 0 without biases."""
        given = self.given
        if given.unbiased:
            return ball(0)
        before = self.receive(j - 1)
        signal = ball(1)
        for i in range(1, j + 1):
            signal *= given.kept() * (1 + given.relative_square(i))
        return given.relative_square(j + 1) * signal / before

    def lower_size(self, j):
        """sqrt(n s-hat_j^-)."""
        if j not in self.lower:
            given, n = self.given, self.given.widths[j]
            less = rectified_lower(n, given.slope_square, self.events.nats("sum-below", j))
            if less is None:  # the layer may be silent
                return ball(0)
            self.lower[j] = (n * (less + self.share_of_bias(j))).sqrt()
        return self.lower[j]

    def rows(self, j, size):
        """kappa_j(m) (bottleneck.md#rows)."""
        n = self.given.widths[j]
        if not 1 <= size <= n:
            raise Refused("an event `rows` of an impossible size")
        s = self.events.deviation("rows", j)
        return self.tau[j - 1] * (heaviest(n, size).sqrt() + s) + self.mu[j - 1]

    def enter(self, j):
        """Rows and flips of layer j: kappa_j and m_j."""
        n, events = self.given.widths[j], self.events
        if not (self.tau[j - 1] + self.mu[j - 1]).is_finite():
            self.kappa.append(INFINITE)
            self.flips.append(n)
            return
        size = events.size("rows", j)
        kappa = self.rows(j, size)
        if flip_bound(n, size, kappa, events.nats("lightest", j)):
            flips = size - 1
        elif size == n:
            flips = n
        else:
            raise Refused(f"more than {size - 1} neurons of layer {j} may flip")
        self.kappa.append(kappa)
        self.flips.append(flips)

    def count(self, j):
        """a_j and the sum of squared slopes."""
        n, square = self.given.widths[j], self.given.slope_square
        a = active(n, self.events.nats("active", j))
        return a, a + square * (n - a)

    def radius_step(self, j):
        """bottleneck.md#radius."""
        given, events, n = self.given, self.events, self.given.widths[j]
        tau, mu, c = self.tau[j - 1], self.mu[j - 1], self.drop[j - 1]
        s, size = events.deviation("radius", j), self.lower_size(j)
        simple = (tau * (ball(n).sqrt() + s) + mu) / size
        if not (events.has("joining", j) and c < 1):
            return simple
        a, k = given.a, given.jump
        wide = tau / (1 - c)
        number, _ = self.count(j)
        more = ball(0)
        if given.slope != 0:
            r = n * rectified_upper(n, ball(0), events.nats("inactive-above", j))
            more = a**2 * ((n - number).max(r) + (ball(n) / 2 + r).sqrt())
        if given.slope >= 0:
            e, b = k * (1 + 2 * a), k / 2 * (2 * a * (1 + wide**2).sqrt() + k)
        elif wide <= 1:
            e, b = 1 - a**2, (1 - a**2) / 2
        else:
            return simple
        extra = bernstein(n * wide / (3 * PI) * e, b, events.nats("joining", j))
        return simple.min((tau * ((number + more + extra).sqrt() + s) + mu) / size)

    def width_step(self, j, tau_next):
        """bottleneck.md#width."""
        given, events, n = self.given, self.events, self.given.widths[j]
        simple = tau_next * ball(n).sqrt()
        tau, mu, c = self.tau[j - 1], self.mu[j - 1], self.drop[j - 1]
        if not (events.has("flipping", j) and events.has("width", j) and c < 1):
            return simple
        a, k = given.a, given.jump
        _, bar = self.count(j)
        root = bar.sqrt()
        mean = (
            (1 + a) ** 2 * (mu**2 + tau**2) / (2 * bar) + (1 + a) * mu * tau / (2 * root) + tau**2
        )
        most = k * ((1 + a) * mu / (4 * root) + tau / (2 * PI))
        extra = bernstein(k * n / (4 * PI * (1 - c)) * mean, most, events.nats("flipping", j))
        some = 1 + k * heaviest(n, self.flips[j], 2).sqrt()
        top = mu * root + tau * (bar / (2 * PI)).sqrt() + extra
        top += events.deviation("width", j) * tau * some
        gamma = ball(1)
        if not given.unbiased:
            above = self.upper_sum(j)
            gamma = (above / (above + self.share_of_bias(j))).sqrt()
        return simple.min(top / self.lower_size(j) + gamma * tau * (2 / PI).sqrt())

    def move(self, j):
        """T_{j-1} to T_j."""
        if self.lower_size(j) > 0 and self.tau[j - 1].is_finite():
            tau = self.radius_step(j)
            mu = self.width_step(j, tau)
        else:
            tau, mu = INFINITE, INFINITE
        self.tau.append(tau)
        self.mu.append(mu)
        self.drop.append(tau)

    def turn(self, j):
        """The Jacobians of layer j; where nothing is paid for, nothing is known of them."""
        sigma = self.lipschitz(j) if self.events.has("jacobian", j) else INFINITE
        self.nu.append(self.spread(j, sigma))
        self.sigma.append(sigma)

    def layer(self, j, turns, enters=True):
        """Enters and leaves a layer; rows that rest on the same events share it."""
        memory, key = self.given.memory, (j, turns, enters, self.events.up_to(j))
        lists = [self.kappa, self.flips] * enters + [self.tau, self.mu, self.drop]
        lists += [self.nu, self.sigma] * turns
        if self.remembers and key in memory:
            for where, value in zip(lists, memory[key]):
                where.append(value)
            return
        if enters:
            self.enter(j)
        self.move(j)
        if turns:
            self.turn(j)
        if self.remembers:
            memory[key] = [where[-1] for where in lists]

    def heavy(self, j):
        """K_j of `heavy`, whose size is m_j or more."""
        n = self.given.widths[j]
        size = self.events.size("heavy", j)
        if size < self.flips[j]:
            raise Refused(f"more neurons of layer {j} may flip than the event `heavy` is about")
        s = self.events.deviation("heavy", j)
        return self.sigma[j - 1] * (heaviest(n, size).sqrt() + s) + self.nu[j - 1]

    def lipschitz(self, j):
        """sigma_j (bottleneck.md#lipschitz)."""
        n, square, flips = self.given.widths[j], self.given.slope_square, self.flips[j]
        number, bar = self.count(j)
        rest, rough_rest = n - number, rough(n - number)
        # The infimum, with q = 0 among its points.
        least = over_level(
            lambda q: flips * q * q + rest * excess(q),
            lambda q: flips * q * q + rough_rest * rough_excess(q),
        ).min(rest)
        if flips == 0:
            least = ball(0)
        wide = bar + (1 - square) * least
        s = self.events.deviation("jacobian", j)
        return (self.sigma[j - 1] * (wide.sqrt() + s) + self.nu[j - 1]) / self.root(j - 1)

    def root(self, j):
        return ball(self.given.widths[j]).sqrt()

    def spread(self, j, sigma):
        """nu_j."""
        given, events, n = self.given, self.events, self.given.widths[j]
        k = given.jump
        simple = sigma * ball(n).sqrt()
        if not events.has("spread", j):
            return simple
        _, bar = self.count(j)
        top = self.nu[j - 1] * bar.sqrt() + events.deviation("spread", j) * self.sigma[j - 1]
        if self.flips[j] > 0 and given.slope != 1:
            nats, kappa, heavy = events.nats("chosen", j), self.kappa[j], self.heavy(j)

            def at(lam):
                angle = (1 / lam.sqrt()).atan()
                mean = 2 * n / PI * ((1 - lam) * angle + lam.sqrt())
                return (lam * kappa**2 + bernstein(mean, ball(1), nats)).sqrt()

            low, high = scale_of(n, kappa)
            t = argmin(low, high, lambda t: rough(at(ball(math.exp(t)))), 44, 24)
            top += k * at(parameter(t)) * heavy
        return simple.min(top / self.root(j - 1))

    def backward(self, j):
        """v_j (linearity.md#backward)."""
        size = chi_square_lower(self.given.widths[0], self.events.nats("chi-below"))
        for i in range(1, j + 1):
            n, square = self.given.widths[i], self.given.slope_square
            less = rectified_lower(n, square, self.events.nats("back-below", i))
            if size is None or less is None:
                raise Refused("the gradient may vanish")
            size = size * less
        if size is None:
            raise Refused("the gradient may vanish")
        return size.sqrt()

    def term(self, j):
        """e_j (linearity.md#term)."""
        if self.flips[j] == 0:
            return ball(0)
        size = weights(self.given.widths[j], self.kappa[j], self.events.nats("weights", j))
        scale = self.backward(j) * self.root(j) * self.root(j - 1)
        return self.given.jump * size * self.heavy(j) / scale

    def affine_term(self, j):
        """C_j of layer j over v_j and the roots (linearity.md#affine)."""
        n, rho = self.given.widths[j], self.tau[j - 1]
        nats = (6 / self.events.share("affine", j)).log()
        omega = self.mu[j - 1] + (2 * nats).sqrt() * rho
        beta = 1 - self.drop[j - 1]
        if not beta > 0:
            raise Refused("the drop is not below 1")
        pi2 = (2 * PI).sqrt()

        def parts(lam, e):
            theta, vartheta = 1 - 2 * lam * (e + rho / 2), 1 - lam * rho
            m3, m2, m1 = 2 / pi2 / theta**2, HALF / theta.sqrt() ** 3, 1 / pi2 / theta
            p0, p1 = HALF + HALF / vartheta.sqrt(), 1 / pi2 / vartheta
            p2 = HALF / vartheta.sqrt() ** 3
            return e**2 * m3 * p0 + 2 * e * rho * m2 * p1 + rho**2 * m1 * p2

        def at(e, w):  # 2 lambda (e + rho/2) = w/(1+w) < 1
            lam = w / (1 + w) / (2 * e + rho)
            inner = 1 + (2 / PI).sqrt() * lam / (6 * beta) * (2 * parts(0, e) + parts(lam, e))
            return omega**2 / (4 * e) + (nats + n * inner.log()) / lam

        guess = math.log(rough(rho) + 1e-300)
        t, u = guess, 0.0
        for _ in range(12):
            u = argmin(
                -25.0, 12.0, lambda u: rough(at(ball(math.exp(t)), ball(math.exp(u)))), 24, 12
            )
            t = argmin(
                guess - 14,
                guess + 14,
                lambda t: rough(at(ball(math.exp(t)), ball(math.exp(u)))),
                24,
                14,
            )
        size = at(parameter(t), parameter(u))
        scale = self.backward(j) * self.root(j) * self.root(0)
        return size * self.receive(j - 1).sqrt() / scale


def affine(given, events, radius=None, drop=None):
    """linearity.md#affine, affine: epsilon."""
    if given.slope == 1:  # k = 0: nothing flips that matters
        return ball(0)
    near = Ball(given, events, radius, drop)
    total = ball(0)
    for j in range(1, given.depth + 1):
        total += near.affine_term(j)
        if j < given.depth:
            near.layer(j, False, events.has("rows", j))
    return given.jump * total / near.radius


def terms(given, events, last, all_of_them):
    """linearity.md#term and #gradient, comparison: e_last, or the sum up to it."""
    if given.slope == 1:
        return ball(0)
    near = Ball(given, events)
    total = ball(0)
    for j in range(1, last + 1):
        if all_of_them or j == last:
            near.enter(j)
            total += near.term(j)
            near.kappa.pop()
            near.flips.pop()
        if j < last:
            near.layer(j, True)
    return total


def bottleneck(given, events, what, last):
    """bottleneck.md: rows, flips or lipschitz of one layer, by comparison."""
    near = Ball(given, events)
    for j in range(1, last):
        near.layer(j, what == "lipschitz")
    near.enter(last)
    if what == "rows":
        return near.kappa[last]
    if what == "flips":
        return ball(near.flips[last])
    return near.lipschitz(last)
