"""Ball arithmetic, and searches for free parameters, which nothing rests on."""

import math
from fractions import Fraction

from flint import arb, ctx, fmpq

PRECISION = 320
ctx.prec = PRECISION

PI = arb.pi()
HALF = arb(1) / 2


def ball(value):
    """A ball around an exact number."""
    if isinstance(value, arb):
        return value
    if isinstance(value, int):
        return arb(value)
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"no finite number: {value}")
        return arb(value)  # exactly
    raise TypeError(type(value).__name__)


def exact(text):
    """A decimal number or a fraction, exactly; anything else is refused, NaN and inf as well."""
    if not isinstance(text, str) or not 0 < len(text) <= 4000:
        raise ValueError("no exact number")
    if set(text) - set("0123456789+-./e"):
        raise ValueError(f"no exact number: {text[:40]}")
    return Fraction(text)


def erfc(x):
    return ball(x).erfc()


def smallest(*values):
    """A ball that holds the smallest: comparison is of what is certain, else of both."""
    result = values[0]
    for value in values[1:]:
        result = result.min(value)
    return result


def largest(*values):
    result = values[0]
    for value in values[1:]:
        result = result.max(value)
    return result


def rough(value):
    """Floating point, for searches."""
    return float(value) if not isinstance(value, arb) else float(value.mid())


GOLDEN = (math.sqrt(5) - 1) / 2


def argmin(low, high, f, steps=56, grid=16):
    """Where f(t) is small for t in [low, high]: a grid, then golden sections."""

    def at(t):
        try:
            y = f(t)
        except (ValueError, OverflowError, ZeroDivisionError):
            return math.inf
        return y if y == y else math.inf

    points = [low + (high - low) * i / grid for i in range(grid + 1)]
    values = [at(t) for t in points]
    best = min(range(grid + 1), key=values.__getitem__)
    a, b = points[max(best - 1, 0)], points[min(best + 1, grid)]
    left, right = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    f_left, f_right = at(left), at(right)
    for _ in range(steps):
        if f_left < f_right:
            b, right, f_right = right, left, f_left
            left = b - GOLDEN * (b - a)
            f_left = at(left)
        else:
            a, left, f_left = left, right, f_right
            right = a + GOLDEN * (b - a)
            f_right = at(right)
    return left if f_left < f_right else right


# The self-test moves what searches find, to see that nothing rests on it but sharpness.
moved = 0.0


def parameter(t):
    """e^t as an exact number."""
    return ball(math.exp(t + moved))


def upper_at_best(low, high, formula, rough_formula=None):
    """An upper bound formula(e^t), at a t found by a search: it holds at every t."""
    f = rough_formula or (lambda x: rough(formula(ball(x))))
    return formula(parameter(argmin(low, high, lambda t: f(math.exp(t)))))


def lower_at_best(low, high, formula, rough_formula=None):
    f = rough_formula or (lambda x: rough(formula(ball(x))))
    return formula(parameter(argmin(low, high, lambda t: -f(math.exp(t)))))
