"""flip.md#step and #least, by the affine error of a part of a ball."""

from balls import ball
from certificate import Refused
from near import affine
from tails import cap_quantile, rectified_lower


def share(given, events, t):
    """1 - epsilon: at least so much of the linear change the step t achieves."""
    d = given.widths[0]
    q = cap_quantile(d, events.share("ratio"))
    if not q < 1:
        raise Refused("the step may be as long as the input")
    if given.unbiased:
        radius, drop = t * q, t * q**2
        return 1 - affine(given, events, radius, drop)
    size, product = ball(0), ball(1)
    for i in range(1, given.depth + 2):
        size += given.relative_square(i) * product
        if i <= given.depth:
            less = rectified_lower(
                given.widths[i], given.slope_square, events.nats("back-below", i)
            )
            if less is None:
                raise Refused(f"layer {i} may be silent")
            product *= given.kept() * (1 + given.relative_square(i)) / less
    kappa = q * (1 + size).sqrt() / (1 - q**2).sqrt()
    along = cap_quantile(d, events.share("radial"))
    drop = t * kappa * along / (1 + given.relative_square(1))
    return 1 - affine(given, events, t * kappa, drop)


def step(given, events, printed):
    """flip.md#step: what is achieved, which has to be above 1/t as printed."""
    t = ball(given.step)
    if not ball(printed) > 1 / t:
        raise Refused("what is printed does not flip the sign")
    return share(given, events, t)


def least(given, events, before):
    """flip.md#least: at a t, which is not above the one printed, the sign has changed."""
    t = ball(before)
    return share(given, events, t) > 1 / t
