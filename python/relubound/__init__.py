"""Proved bounds beside what random deep ReLU networks do.

>>> import relubound
>>> run = relubound.check("784,784", stages="gradient,direct", trials=400)
>>> run.row("direct.flip").verdict
'holds'

Functions are called as the commands are, and take their options by the same names; what cannot be
used is an :class:`Error` of one line.
"""

from . import proofs
from ._commands import (
    angle,
    biases,
    bounds,
    check,
    compare,
    explore,
    growth,
    load,
    merge,
    norms,
    threshold,
)
from ._errors import Error, Interrupted
from ._native import __version__
from ._numbers import Magnitude
from ._results import (
    Angles,
    Comparison,
    Findings,
    Growth,
    Inputs,
    Observed,
    Part,
    Row,
    Run,
    Study,
)
from ._table import Table

__all__ = [
    "Angles",
    "Comparison",
    "Error",
    "Findings",
    "Growth",
    "Inputs",
    "Interrupted",
    "Magnitude",
    "Observed",
    "Part",
    "Row",
    "Run",
    "Study",
    "Table",
    "__version__",
    "angle",
    "biases",
    "bounds",
    "check",
    "compare",
    "explore",
    "growth",
    "load",
    "merge",
    "norms",
    "proofs",
    "threshold",
]
