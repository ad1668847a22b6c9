"""What a computation gives."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union, cast

from . import _native
from ._numbers import Magnitude, joined
from ._options import PathLike
from ._table import Table

_STYLES = re.compile(r"\x1b\[[0-9;]*m")

Real = Union[float, Magnitude]

_LEDGER = {
    **dict.fromkeys(["statement", "stage", "kind", "direction"], "text"),
    **dict.fromkeys(["verdict", "engine", "fresh_verdict"], "text"),
    **dict.fromkeys(["layer", "n", "exceedances", "fresh_networks"], "int"),
}
_INPUTS = {
    "outcome": "text",
    **dict.fromkeys(["input", "label", "class", "rival", "pieces"], "int"),
    **dict.fromkeys(["step_changes", "step_changes_float32", "exact", "timeout"], "bool"),
}
_CELLS = {
    **dict.fromkeys(["input", "widths", "delta", "radius", "step", "slope"], "text"),
    **dict.fromkeys(["engine", "quantity", "verdict", "failed"], "text"),
    **dict.fromkeys(["cell", "depth", "trials", "seed", "n"], "int"),
}
_GROWTH = {"depth": "int"}
_ANGLES = {
    "layer": "int",
    **dict.fromkeys(["cos_lo", "cos_hi", "theta_lo", "theta_hi"], "text"),
    **dict.fromkeys(["envelope_lo", "envelope_hi"], "text"),
}


def _plain(text: str) -> str:
    return _STYLES.sub("", text).rstrip("\n")


def _columns() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 200)


class _Result:
    """What all results have."""

    _native: Any

    def json(self) -> str:
        """Everything, for scripts."""
        return cast(str, self._native.json())

    def csv(self) -> str:
        """The table, for spreadsheets."""
        return cast(str, self._native.csv())

    def markdown(self) -> str:
        """For a wiki."""
        return cast(str, self._native.markdown())

    def html(self) -> str:
        """One self-contained page with pictures."""
        return cast(str, self._native.html())

    def text(self, *, width: Optional[int] = None) -> str:
        """What the command prints, for so many columns."""
        return _plain(self._native.text(width or _columns()))

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return cast(str, self._native.cell())

    @property
    def table(self) -> Table:
        """The rows as columns; docs/columns.md says what each means."""
        raise NotImplementedError

    def to_pandas(self) -> Any:
        """The rows as a ``pandas.DataFrame``."""
        return self.table.to_pandas()

    def to_polars(self) -> Any:
        """The rows as a ``polars.DataFrame``."""
        return self.table.to_polars()

    def to_arrow(self) -> Any:
        """The rows as a ``pyarrow.Table``."""
        return self.table.to_arrow()

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object:
        """The rows for readers of Arrow's C stream interface."""
        return self.table.__arrow_c_stream__(requested_schema)


@dataclass(frozen=True)
class Observed:
    """What was observed of a statement, as order statistics."""

    min: Real
    median: Real
    #: At the level of the claim: 1 − δ above, δ below, the median for a law, the maximum for an
    #: identity.
    quantile: Real
    max: Real
    #: Values.
    n: int
    mean_log10: Optional[float] = None
    #: The search that found the quantile, for suprema.
    search: Optional[str] = None


@dataclass(frozen=True)
class Row:
    """A statement, or a statement about a layer: what is claimed and what was seen."""

    statement: str
    stage: str
    layer: Optional[int]
    #: ``"identity"``, ``"law"``, ``"bound"``, ``"supremum"``, ``"measurement"`` or ``"factor"``.
    kind: str
    #: In words.
    claim: str
    quantity: str
    #: The side on which the bound lies: ``"upper"`` or ``"lower"``.
    direction: Optional[str]
    #: Rounded to the safe side; ``None`` where nothing is proved.
    bound: Optional[Real]
    #: Could nothing exceed it?
    vacuous: bool
    #: What theory without proof says of the observed quantile.
    expected: Optional[Real]
    high: Optional[Mapping[str, Any]]
    #: Are hypotheses not met, so that nothing is claimed?
    outside: bool
    reach: Optional[Any]
    observed: Optional[Observed]
    #: Networks beyond the bound, of ``counted``.
    exceedances: Optional[int]
    counted: Optional[int]
    #: Clopper–Pearson limits of the share beyond the bound.
    interval: Optional[tuple[float, float]]
    #: The factor between bound and observation.
    slack: Optional[Real]
    #: Kolmogorov–Smirnov, for laws: ``observed`` and ``allowed``.
    distance: Optional[Mapping[str, float]]
    #: ``"holds"``, …; ``None`` where nothing was judged.
    verdict: Optional[str]
    fresh: Optional[Mapping[str, Any]]
    #: About so many trials would settle it.
    settled_by: Optional[int]
    undefined: int
    searched: bool
    engine: Optional[str]
    #: All ways to the bound, best first.
    variants: tuple[Mapping[str, Any], ...]
    constant: Optional[Mapping[str, Any]]
    #: With this probability the bound may fail.
    delta: Optional[Real]
    hypotheses: str
    #: Where it is proved.
    proof: str
    unmet: Optional[str] = None
    #: What the bound rests on, where that was asked for.
    events: tuple[Mapping[str, Any], ...] = ()

    @property
    def key(self) -> str:
        """``direct.along[1]``: the label, and the layer if it is about one."""
        return self.statement if self.layer is None else f"{self.statement}[{self.layer}]"


def _row(found: Mapping[str, Any]) -> Row:
    names = {field.name for field in dataclasses.fields(Row)}
    known = {name: value for name, value in found.items() if name in names}
    if known.get("observed") is not None:
        of = {field.name for field in dataclasses.fields(Observed)}
        seen = {name: value for name, value in known["observed"].items() if name in of}
        known["observed"] = Observed(**seen)
    if known.get("interval") is not None:
        known["interval"] = tuple(known["interval"])
    for name in ("variants", "events"):
        known[name] = tuple(known.get(name) or ())
    return Row(**known)


class Run(_Result):
    """A run over random networks, or bounds alone.

    ``print(run)`` shows what the command prints; in a notebook a run shows its answer, two
    pictures and a statement a line.
    """

    def __init__(self, native: _native.Run) -> None:
        self._native = native
        self._ledger: Optional[dict[str, Any]] = None
        self._table: Optional[Table] = None

    @property
    def ledger(self) -> dict[str, Any]:
        """Everything, as ``run.json`` has it; numbers beyond floats are ``Magnitude``."""
        if self._ledger is None:
            self._ledger = joined(json.loads(self.json()))
        return self._ledger

    @property
    def config(self) -> dict[str, Any]:
        """The parameters."""
        return cast("dict[str, Any]", self.ledger["config"])

    @property
    def verdict(self) -> Optional[str]:
        """The worst verdict of all rows; ``None`` where nothing was sampled."""
        return cast("Optional[str]", self._native.verdict())

    @property
    def failed(self) -> bool:
        """Is something violated, or not a number?"""
        return cast(bool, self._native.failed())

    @property
    def answer(self) -> list[str]:
        """What it comes to, in sentences."""
        return cast("list[str]", self._native.answer())

    @property
    def complete(self) -> bool:
        """Is all there that was asked for? Not if it was interrupted."""
        return cast(bool, self._native.complete())

    @property
    def rows(self) -> list[Row]:
        """What is claimed and what was seen, statement by statement."""
        return [_row(row) for row in self.ledger["rows"]]

    def row(self, key: str) -> Row:
        """The row of this key, as ``"direct.flip"`` or ``"direct.along[1]"``.

        :raises KeyError: there is none."""
        for row in self.rows:
            if row.key == key:
                return row
        raise KeyError(key)

    @property
    def table(self) -> Table:
        """The rows as columns, as in ledger.csv."""
        if self._table is None:
            self._table = Table.read(self.csv(), _LEDGER)
        return self._table

    @property
    def trials(self) -> Table:
        """What every network showed: a row a network, a column for each row of the run.

        A network that was not looked at for a row has ``None`` there, one in which something is
        not a number ``nan``. Of numbers that a float does not hold, the logarithm is in the column
        ``KEY_log10``."""
        numbers, columns = self._native.trials()
        return Table({"trial": numbers, **dict(columns)}, {"trial": "int"})

    @property
    def thresholds(self) -> list[dict[str, Any]]:
        """The least widths found at which the flip is proved, where that was asked for."""
        return cast("list[dict[str, Any]]", self.ledger["thresholds"])

    def text(self, *, width: Optional[int] = None, all: bool = False) -> str:
        """What the command prints, for so many columns; with ``all`` every row and table."""
        return _plain(self._native.text(width or _columns(), all))

    def latex(self) -> str:
        """For a paper."""
        return cast(str, self._native.latex())

    def save(self, dir: PathLike, *, force: bool = False) -> None:
        """Writes the directory that ``check --out`` writes, byte for byte.

        :raises Error: it cannot be written, or holds a run already and ``force`` is not set."""
        self._native.save(os.fspath(dir), force)

    def __repr__(self) -> str:
        widths, of = self.config["widths"], self._native.networks()
        said = "bounds" if self.verdict is None else f"{self.verdict}, {of} networks"
        partial = "" if self.complete else ", interrupted"
        return f"<relubound.Run {widths}: {said}{partial}>"


class Inputs(_Result):
    """A network that exists, judged input by input."""

    def __init__(self, native: _native.Inputs) -> None:
        self._native = native
        self._found: Optional[dict[str, Any]] = None

    @property
    def results(self) -> dict[str, Any]:
        """Everything: ``run``, ``summary``, ``inputs`` and, where it was given, ``initial``."""
        if self._found is None:
            self._found = json.loads(self.json())
        return self._found

    @property
    def verdict(self) -> str:
        """The last word of the report."""
        return cast(str, self._native.verdict())

    @property
    def failed(self) -> bool:
        """Is something not a number?"""
        return cast(bool, self._native.failed())

    @property
    def answer(self) -> list[str]:
        """What it comes to, in sentences."""
        return cast("list[str]", self._native.answer())

    @property
    def complete(self) -> bool:
        """Is every input judged?"""
        return cast(bool, self._native.complete())

    @property
    def summary(self) -> dict[str, Any]:
        """What is known of all inputs together."""
        return cast("dict[str, Any]", self.results["summary"])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is known of each input."""
        return cast("list[dict[str, Any]]", self.results["inputs"])

    @property
    def table(self) -> Table:
        """A row an input, as in inputs.csv."""
        return Table.read(self.csv(), _INPUTS)

    def text(self, *, width: Optional[int] = None, all: bool = False) -> str:
        """What the command prints, for so many columns; with ``all`` every input."""
        return _plain(self._native.text(width or _columns(), all))

    def latex(self) -> str:
        """For a paper."""
        return cast(str, self._native.latex())

    def save(self, dir: PathLike) -> None:
        """Writes the directory that ``check --out`` writes.

        :raises Error: it cannot be written, or holds something else."""
        self._native.save(os.fspath(dir))

    def __repr__(self) -> str:
        return f"<relubound.Inputs {len(self.rows)} inputs: {self.verdict}>"


class Study(_Result):
    """The constants of the proof over a grid of networks, cell by cell."""

    def __init__(self, native: _native.Study) -> None:
        self._native = native

    def json(self) -> str:
        """Every cell, for scripts."""
        return cast(str, self._native.json()[0])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The cells that are finished."""
        return cast("list[dict[str, Any]]", joined(json.loads(self.json())))

    @property
    def fits(self) -> list[dict[str, Any]]:
        """How each quantity grows with depth, as in fits.json."""
        return cast("list[dict[str, Any]]", json.loads(self._native.json()[1]))

    @property
    def failed(self) -> bool:
        """Is something violated, or not a number, in some cell?"""
        return cast(bool, self._native.failed())

    @property
    def complete(self) -> bool:
        """Is every cell finished?"""
        done, wanted = self._native.progress()
        return bool(done == wanted)

    @property
    def table(self) -> Table:
        """A row for each cell and quantity, as in cells.csv."""
        return Table.read(self.csv(), _CELLS)

    def save(self, dir: PathLike) -> None:
        """Writes the directory that ``explore --out`` writes.

        :raises Error: it cannot be written, or holds something else."""
        self._native.save(os.fspath(dir))

    def __repr__(self) -> str:
        done, wanted = self._native.progress()
        return f"<relubound.Study {done} of {wanted} cells>"


class Growth(_Result):
    """How the width at which one gradient step flips the sign grows with depth."""

    def __init__(self, native: _native.Growth) -> None:
        self._native = native

    @property
    def results(self) -> dict[str, Any]:
        """Everything."""
        return cast("dict[str, Any]", joined(json.loads(self.json())))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Depth by depth."""
        return cast("list[dict[str, Any]]", self.results["rows"])

    @property
    def failed(self) -> bool:
        """Is the step not a number in some network?"""
        return bool(self._native.failures() > 0)

    @property
    def complete(self) -> bool:
        """Is every depth finished?"""
        done, wanted = self._native.progress()
        return bool(done == wanted)

    @property
    def table(self) -> Table:
        """A row a depth, as ``growth --format csv`` prints it."""
        return Table.read(self.csv(), _GROWTH)

    def svg(self) -> Optional[str]:
        """The picture alone; none of a single depth."""
        return cast("Optional[str]", self._native.svg())

    def __repr__(self) -> str:
        done, wanted = self._native.progress()
        return f"<relubound.Growth {done} of {wanted} depths>"


class Findings:
    """What is found norm by norm, or bias by bias."""

    def __init__(self, native: _native.Findings) -> None:
        self._native = native

    @property
    def results(self) -> dict[str, Any]:
        """Everything."""
        return cast("dict[str, Any]", joined(json.loads(self.json())))

    @property
    def failed(self) -> bool:
        """Does something contradict a law or a bound, or is it not a number?"""
        return self._native.failed()

    @property
    def complete(self) -> bool:
        """Is all there that was asked for? Not if it was interrupted."""
        return self._native.complete()

    def json(self) -> str:
        """Everything, for scripts."""
        return self._native.json()

    def markdown(self) -> str:
        """For a wiki."""
        return self._native.markdown()

    def html(self) -> str:
        """One self-contained page with pictures."""
        return self._native.html()

    def text(self, *, width: Optional[int] = None) -> str:
        """What the command prints, for so many columns."""
        return _plain(self._native.text(width or _columns()))

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self._native.cell()


class Comparison:
    """Runs or architectures side by side."""

    def __init__(self, looks: tuple[str, str, str, str, str]) -> None:
        self._json, self._text, self._markdown, self._html, self._cell = looks

    @property
    def results(self) -> Any:
        """All of them."""
        return joined(json.loads(self._json))

    def json(self) -> str:
        """All of them, for scripts."""
        return self._json

    def markdown(self) -> str:
        """For a wiki."""
        return self._markdown

    def html(self) -> str:
        """One self-contained page."""
        return self._html

    def text(self) -> str:
        """What the command prints."""
        return _plain(self._text)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self._cell


class Angles:
    """The angle between two inputs after each layer, in the limit of large widths."""

    def __init__(self, found: tuple[str, str, str]) -> None:
        self._json, self._csv, self._text = found

    @property
    def results(self) -> dict[str, Any]:
        """Everything, as ``angle --format json`` prints it: decimals are text, each digit right."""
        return cast("dict[str, Any]", json.loads(self._json))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Layer by layer."""
        return cast("list[dict[str, Any]]", self.results["steps"])

    @property
    def table(self) -> Table:
        """A row a layer: ends of enclosures as text, exactly."""
        return Table.read(self._csv, _ANGLES)

    def json(self) -> str:
        """Everything, for scripts."""
        return self._json

    def csv(self) -> str:
        """A line a layer."""
        return self._csv

    def text(self) -> str:
        """What the command prints."""
        return _plain(self._text)

    def __str__(self) -> str:
        return self.text()

    def mpi(self, layer: int, what: str = "theta") -> Any:
        """The enclosure of ``theta`` or ``cos`` after a layer, as an interval of mpmath that
        contains it: at mpmath's precision, rounded outwards."""
        import mpmath

        row = next(row for row in self.rows if row["layer"] == layer)
        low, high = row[what]["lo"], row[what]["hi"]
        return mpmath.iv.mpf([low, high])


@dataclass(frozen=True)
class Part:
    """A part of a run or of a study: files, to be joined by :func:`relubound.merge`.

    It is data alone, so that it can be pickled and sent from machine to machine.
    """

    #: Which part of how many, as ``"3/8"``.
    shard: str
    #: Networks, inputs or cells that are finished, and how many there are.
    done: int
    wanted: int
    #: The files that the command writes, by name.
    files: Mapping[str, bytes] = dataclasses.field(repr=False)

    @property
    def complete(self) -> bool:
        """Is it all there?"""
        return self.done == self.wanted

    def save(self, dir: PathLike) -> None:
        """Writes the directory that the command writes."""
        place = Path(dir)
        place.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (place / name).write_bytes(content)


def read_part(shard: str, done: int, wanted: int, dir: PathLike) -> Part:
    """A part from its directory."""
    names = [path for path in sorted(Path(dir).iterdir()) if path.is_file()]
    files = {path.name: path.read_bytes() for path in names if path.name != ".relubound.lock"}
    return Part(shard, done, wanted, files)


def temporary() -> "tempfile.TemporaryDirectory[str]":
    """A directory for what has to be in files."""
    return tempfile.TemporaryDirectory(prefix="relubound-")
