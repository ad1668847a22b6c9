"""The plain variants of bottleneck.md and linearity.md: unions over flip sets and subspaces."""

from balls import ball, smallest
from near import INFINITE, Ball, flip_bound


def log_count(n, m):
    """tools.md#patterns: log sum_{i <= m} binomial(n, i), from above."""
    if m == 0:
        return ball(0)
    if 2 * m > n:
        return n * ball(2).log()
    p = ball(m) / n
    return -n * (p * p.log() + (1 - p) * (1 - p).log())


class Plain(Ball):
    """tau_j, m_j and K_j, layer by layer."""

    def __init__(self, given, events):
        super().__init__(given, events)
        self.gain = [None]
        self.product = [ball(1)]

    def families(self, j):
        """(r, log N_j) at the two starts: the layer before, and the last narrowest one."""
        widths = self.given.widths
        found = [(widths[j - 1], ball(0))]
        narrow = min(widths[:j])
        start = max(b for b in range(j) if widths[b] == narrow)
        if start < j - 1:
            log = ball(0)
            for k in range(start + 1, j):
                patterns = (
                    log_count(widths[k], narrow)
                    if narrow < widths[k]
                    else widths[k] * ball(2).log()
                )
                log += patterns.min(log_count(widths[k], self.flips[k]))
            found.append((narrow + 1, log))
        return found

    def norm(self, j, m, nats, root):
        """root + sqrt r + sqrt(2 (log binomial + log N + l)), at the better start."""
        count = log_count(self.given.widths[j], m)
        sizes = [ball(r).sqrt() + (2 * (count + log + nats)).sqrt() for r, log in self.families(j)]
        return root + smallest(*sizes)

    def rows(self, j, size):
        """kappa_j(m) over tau_{j-1} is kept for the term."""
        self.bare = self.norm(j, size, self.events.nats("norm", j), ball(size).sqrt())
        return self.tau[j - 1] * self.bare

    def enter(self, j):
        n, events = self.given.widths[j], self.events
        size = events.size("norm", j)
        kappa = self.rows(j, size)
        fewer = kappa.is_finite() and flip_bound(n, size, kappa, events.nats("lightest", j))
        if not fewer and size < n:
            raise ValueError(f"more than {size - 1} neurons of layer {j} may flip")
        self.kappa.append(kappa)
        self.flips.append(size - 1 if fewer else n)

    def gains(self, j):
        """K_j (bottleneck.md#lipschitz, the plain variant)."""
        n, square, m = self.given.widths[j], self.given.slope_square, self.flips[j]
        a, _ = self.count(j)
        root = (square * n + (1 - square) * (a + m).min(ball(n))).sqrt()
        gain = self.norm(j, m, self.events.nats("gain", j), root) / self.root(j - 1)
        self.gain.append(gain)
        self.product.append(self.product[-1] * gain)

    def leave(self, j):
        """tau_j."""
        size = self.lower_size(j)
        step = self.tau[j - 1] * self.gain[j] * self.root(j - 1)
        self.tau.append(step / size if size > 0 else INFINITE)

    def term(self, j):
        """e_j."""
        m = self.flips[j]
        if m == 0:
            return ball(0)
        nats = self.events.nats("weights", j)
        count = log_count(self.given.widths[j], m)
        weights = [ball(m).sqrt() + (2 * (count + nats)).sqrt()]
        for r, log in self.families(j):
            weights.append(ball(min(m, r)).sqrt() + (2 * (log + count + nats)).sqrt())
        scale = self.backward(j) * self.root(j) * self.root(j - 1)
        return self.given.jump * smallest(*weights) * self.bare * self.product[j - 1] / scale


def layers(given, events, last, see):
    """Goes up to layer `last`, where `see(plain, j)` is asked in every layer."""
    plain, seen = Plain(given, events), ball(0)
    for j in range(1, last + 1):
        plain.enter(j)
        seen += see(plain, j)
        if j < last:
            plain.gains(j)
            plain.leave(j)
    return plain, seen


def terms(given, events, last, all_of_them):
    if given.slope == 1:
        return ball(0)
    _, total = layers(
        given, events, last, lambda p, j: p.term(j) if all_of_them or j == last else 0
    )
    return total


def bottleneck(given, events, what, last):
    plain, _ = layers(given, events, last, lambda p, j: ball(0))
    if what == "rows":
        return plain.kappa[last]
    if what == "flips":
        return ball(plain.flips[last])
    plain.gains(last)
    return plain.product[last]
