"""Options, written as on a command line: values are passed on as text, and read there."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol, Union, runtime_checkable

from ._errors import Error


@runtime_checkable
class Mpf(Protocol):
    """A number of mpmath: sign, mantissa, exponent and bits."""

    @property
    def man_exp(self) -> tuple[int, int]: ...


#: A number: text as the command takes it (``"1/20"``, ``"1e-9"``), or exact, or a float, which
#: stands for the shortest decimal that reads back as it.
Number = Union[str, int, float, Fraction, Decimal, Mpf]
#: A number, or several.
Numbers = Union[Number, Iterable[Number]]
#: A path.
PathLike = Union[str, "os.PathLike[str]"]


def text(name: str, value: Any) -> str:
    """A value as text, exactly."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise Error(f"{name} {value}: a value, not yes or no", "parameter", name)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # NaN and infinities are refused there, in words.
        return repr(float(value))
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Decimal):
        return str(value).lower()
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if isinstance(value, Mpf):
        return _exact(value)
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "size", 1) == 1:
        return text(name, item())
    if isinstance(value, (range, Iterable)) and not isinstance(value, (bytes, Mapping)):
        return ",".join(text(name, one) for one in value)
    kind = type(value).__name__
    raise Error(f"{name}: a number, text or several of them, not {kind}", "parameter", name)


def _exact(value: Mpf) -> str:
    # Infinities and NaN have no mantissa.
    if not math.isfinite(float(value)):  # type: ignore[arg-type]
        return repr(float(value))  # type: ignore[arg-type]
    mantissa, exponent = value.man_exp
    negative = float(value) < 0  # type: ignore[arg-type]
    mantissa = -abs(int(mantissa)) if negative else abs(int(mantissa))
    return str(Fraction(mantissa) * Fraction(2) ** int(exponent))


#: What is there or not, and has no value.
FLAGS = frozenset({"all", "dry_run", "events", "force", "sphere", "threshold"})


def arguments(command: str, *positional: str, **options: Any) -> list[str]:
    """What one would type. ``None`` and ``False`` are options that were not given."""
    out = [command]
    for name, value in options.items():
        flag = "--" + name.rstrip("_").replace("_", "-")
        if value is None or value is False:
            continue
        if value is True and name in FLAGS:
            out.append(flag)
        else:
            out.append(f"{flag}={text(name, value)}")
    # Behind the options, so that none is taken for one.
    return [*out, "--", *positional] if positional else out


def widths(value: Any) -> list[str]:
    """Widths as a position: ``"784,512"``, or a sequence of them; none for ``None``."""
    return [] if value is None else [text("widths", value)]
