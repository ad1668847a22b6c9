"""What several tests look at."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import relubound


#: Networks of that run, and in how many of them suprema are searched.
TRIALS, SEARCHES = 120, 4


@pytest.fixture(scope="session")
def run() -> relubound.Run:
    """A run in which every kind of row is seen."""
    return relubound.check("40,40", trials=TRIALS, searches=SEARCHES, progress=False)


@pytest.fixture(scope="session")
def arrays() -> dict[str, Any]:
    """A network with a hidden layer, its inputs and their labels."""
    drawn = numpy.random.default_rng(1)
    return {
        "w1": drawn.normal(size=(5, 4)) / 2,
        "b1": drawn.normal(size=5) / 4,
        "w2": drawn.normal(size=(3, 5)) / 2,
        "b2": drawn.normal(size=3) / 4,
        "x": drawn.normal(size=(6, 4)),
        "y": numpy.array([0, 1, 2, 0, 1, 2]),
    }


@pytest.fixture(scope="session")
def judged(arrays: dict[str, Any]) -> relubound.Inputs:
    """The same, judged."""
    layers = [(arrays["w1"], arrays["b1"]), (arrays["w2"], arrays["b2"])]
    return relubound.check(
        network=layers, inputs=arrays["x"], labels=arrays["y"], reference=5, progress=False
    )
