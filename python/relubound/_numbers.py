"""Numbers that double precision does not hold."""

from __future__ import annotations

import functools
import math
from typing import Any

_EXACT = "_exact"
_LOGARITHM = "_log10"


@functools.total_ordering
class Magnitude:
    """``mantissa * 2**exponent``, where that is beyond the range of a float.

    >>> relubound.Magnitude("1.5p7000").log10
    2107.38...
    """

    __slots__ = ("exponent", "mantissa")

    def __init__(self, text: str) -> None:
        mantissa, _, exponent = text.partition("p")
        #: From 1 to 2, or minus that.
        self.mantissa = float(mantissa)
        self.exponent = int(exponent or 0)

    @property
    def log10(self) -> float:
        """The common logarithm of its size, to the nearest."""
        return math.log10(abs(self.mantissa)) + self.exponent * math.log10(2)

    def mpf(self) -> Any:
        """The same as a number of mpmath, exactly."""
        import mpmath

        return mpmath.ldexp(mpmath.mpf(self.mantissa), self.exponent)

    def __float__(self) -> float:
        """The nearest float: 0 for what is too small.

        :raises OverflowError: it is too large."""
        return math.ldexp(self.mantissa, self.exponent)

    def _place(self) -> tuple[int, int, float]:
        return _place(self.mantissa, self.exponent)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Magnitude):
            return self._place() == other._place()
        if isinstance(other, (int, float)):
            return self._place() == _place(float(other), 0)
        return NotImplemented

    def __lt__(self, other: object) -> bool:
        if isinstance(other, Magnitude):
            return self._place() < other._place()
        if isinstance(other, (int, float)):
            if math.isnan(other):
                return False
            return self._place() < _place(float(other), 0)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._place())

    def __repr__(self) -> str:
        return f"Magnitude('{self.mantissa!r}p{self.exponent}')"

    def __str__(self) -> str:
        whole = math.floor(self.log10)
        lead = math.copysign(10 ** (self.log10 - whole), self.mantissa)
        return f"{lead:.4g}e{whole:+d}"


def _place(mantissa: float, exponent: int) -> tuple[int, int, float]:
    """Where a number is among all others."""
    if mantissa == 0:
        return (0, 0, 0.0)
    sign = 1 if mantissa > 0 else -1
    if math.isinf(mantissa):
        return (2 * sign, 0, 0.0)
    part, own = math.frexp(mantissa)
    return (sign, sign * (own + exponent), part)


def joined(value: Any) -> Any:
    """What JSON says, with numbers put together that stand in several places there."""
    if isinstance(value, list):
        return [joined(one) for one in value]
    if not isinstance(value, dict):
        return value
    out = {name: joined(one) for name, one in value.items()}
    for name in [name for name in out if name.endswith(_EXACT)]:
        base = name[: -len(_EXACT)]
        if base in out:
            out[base] = _put(out[base], out.pop(name))
            out.pop(base + _LOGARITHM, None)
    if out.keys() == {"value", "log10"}:
        return out["value"]
    return out


def _put(value: Any, exact: Any) -> Any:
    if exact is None:
        return value
    if isinstance(value, list):
        return [_put(one, text) for one, text in zip(value, exact)]
    return number(exact)


def number(exact: str) -> float | Magnitude:
    """What exact text says."""
    return Magnitude(exact) if "p" in exact else float(exact)
