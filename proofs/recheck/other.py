"""collapse.md: what has a closed form."""

from fractions import Fraction

from balls import PI, ball, exact
from certificate import Refused


def cosine(start):
    """1 - cos of the angle between the two inputs."""
    if start.startswith("cos "):
        return ball(1 - exact(start[4:]))
    if start.endswith(" pi"):
        return 1 - (ball(exact(start[:-3])) * PI).cos()
    return 1 - ball(exact(start)).cos()


def envelope(given):
    """collapse.md#envelope: theta_L from above."""
    s, a = cosine(given.start), given.a
    if not s > 0:
        raise Refused("the inputs are the same")
    bend = 2 ** ball(Fraction(1, 2)) * (1 - a) ** 2 / (1 + a**2) / (3 * PI)
    y, product = 1 / s.sqrt(), ball(1)
    for j in range(1, given.depth + 1):
        product *= (1 + given.relative_square(j)).sqrt()
        y += bend / product
    half = ball(Fraction(1, 2)).sqrt() / (y * product)
    return 2 * half.asin()


def shortest(given, events):
    """collapse.md#bias: the length that the step is longer than."""
    product = ball(1)
    for i in range(1, given.depth + 2):
        product *= 1 + given.relative_square(i)
    return events.share("short") * (PI * (product - 1) / (2 * given.widths[0])).sqrt()
