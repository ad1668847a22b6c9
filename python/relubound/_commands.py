"""The commands, as functions. Their options are those of the command line, by the same names."""

from __future__ import annotations

import difflib
import inspect
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Optional, TypedDict, TypeVar, Union, overload

from . import _native, _networks
from ._errors import Error, Interrupted
from ._options import Number, Numbers, PathLike, arguments, text, widths as _widths
from ._progress import Progress, watching
from ._results import (
    Angles,
    Comparison,
    Findings,
    Growth,
    Inputs,
    Part,
    Run,
    Study,
    read_part,
    temporary,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: ``"784,512,512"``, ``"1024x6"``, or a sequence of numbers.
Widths = Union[str, Sequence[int]]
#: Names, separated by commas or in a sequence.
Names = Union[str, Iterable[str]]
#: An array, or the path of a file of one.
Array = Any

Command = TypeVar("Command", bound=Callable[..., Any])


class Activation(TypedDict, total=False):
    """The activation."""

    slope: Optional[Number]
    activation: Optional[str]


class Biases(TypedDict, total=False):
    """The biases."""

    bias: Optional[Number]
    bias_std: Optional[Number]
    gain: Optional[Number]


class Between(TypedDict, total=False):
    """The angle between two inputs."""

    theta0: Optional[Number]
    cos: Optional[Number]


class Shape(Activation, Biases, Between, total=False):
    """What the statements are about."""

    preset: Optional[str]
    delta: Optional[Number]
    radius: Optional[Number]
    step: Optional[Number]
    norm: Optional[str]
    grid: Optional[str]
    input: Optional[Array]
    trained: Optional[Number]
    classes: Optional[Number]
    target: Optional[str]
    weights: Optional[str]
    output_weights: Optional[str]
    move_bottleneck: Optional[Number]
    stages: Optional[Names]


class _Many(TypedDict, total=False):
    threads: Optional[Number]
    progress: Progress


class Checked(Shape, _Many, total=False):
    """Options of :func:`check`, but for those that decide what it returns."""

    inputs: Optional[Array]
    labels: Optional[Array]
    initial: Optional[Any]
    layout: Optional[str]
    mean: Optional[Union[Numbers, PathLike]]
    std: Optional[Union[Numbers, PathLike]]
    perturb: Optional[str]
    against: Optional[Number]
    cells: Optional[Number]
    timeout_per_input: Optional[Number]
    reference: Optional[Number]
    config: Optional[PathLike]
    trials: Optional[Number]
    searches: Optional[Number]
    steps: Optional[Number]
    until_settled: Optional[Union[bool, Number]]
    seed: Optional[Number]
    alpha: Optional[Number]
    engine: Optional[str]
    precision: Optional[str]
    out: Optional[PathLike]
    force: bool


class Bounded(Shape, total=False):
    """Options of :func:`bounds`."""

    threshold: bool
    depths: Optional[Union[str, Iterable[int]]]
    sphere: bool
    events: bool
    oscillation: Optional[Number]


class Grown(Activation, Biases, _Many, total=False):
    """Options of :func:`growth`."""

    depths: Optional[Union[str, Iterable[int]]]
    delta: Optional[Number]
    norm: Optional[str]
    trials: Optional[Number]
    deepest: Optional[Number]
    seed: Optional[Number]


class Explored(_Many, total=False):
    """Options of :func:`explore`, but for those that decide what it returns."""

    preset: Optional[str]
    config: Optional[PathLike]
    depths: Optional[Union[str, Iterable[int]]]
    widths: Optional[Union[str, Iterable[int]]]
    shape: Optional[str]
    delta: Optional[Numbers]
    radius: Optional[Numbers]
    step: Optional[Numbers]
    slope: Optional[Numbers]
    quantities: Optional[Names]
    trials: Optional[Number]
    searches: Optional[Number]
    seed: Optional[Number]
    out: Optional[PathLike]


class Followed(Activation, Between, total=False):
    """Options of :func:`angle`."""

    bias: Optional[Number]
    depth: Optional[Number]
    digits: Optional[Number]
    all: bool


class Normed(Activation, _Many, total=False):
    """Options of :func:`norms`."""

    norms: Optional[Names]
    grid: Optional[str]
    input: Optional[Array]
    shares: Optional[Numbers]
    depths: Optional[Union[str, Iterable[int]]]
    delta: Optional[Number]
    step: Optional[Number]
    trials: Optional[Number]
    seed: Optional[Number]


class Biased(Activation, _Many, total=False):
    """Options of :func:`biases`."""

    depths: Optional[Union[str, Iterable[int]]]
    delta: Optional[Number]
    trials: Optional[Number]
    seed: Optional[Number]


class Compared(_Many, total=False):
    """Options of :func:`compare`."""

    stages: Optional[Names]
    delta: Optional[Number]
    trials: Optional[Number]
    seed: Optional[Number]
    out: Optional[PathLike]


class Merged(_Many, total=False):
    """Options of :func:`merge`."""

    out: Optional[PathLike]
    force: bool


def _taking(options: Any, *more: str) -> Callable[[Command], Command]:
    """Gives a function the signature that its options make, and their descriptions; it refuses
    others by name."""

    def taking(function: Command) -> Command:
        command = function.__name__
        known = [name for name in (*more, *options.__annotations__) if name != "progress"]
        signature = inspect.signature(function)
        first = [p for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        first += [p for p in signature.parameters.values() if p.kind is p.VAR_POSITIONAL]
        placed = [parameter.name for parameter in first]
        said = dict(_native.options("bounds" if command == "threshold" else command))
        lines = [f"``{name}``\n    {said[name]}" for name in placed + known if name in said]
        lines.append(f"``progress``\n    {_PROGRESS}")

        def checked(*positional: Any, **given: Any) -> Any:
            for name in given:
                if name not in (*placed, *known, "progress"):
                    near = difflib.get_close_matches(name, known, 1)
                    hint = f"; did you mean {near[0]!r}?" if near else ""
                    what = f"{command}() got an unexpected keyword argument {name!r}{hint}"
                    raise TypeError(what)
            return function(*positional, **given)

        keyword = inspect.Parameter.KEYWORD_ONLY
        named = [inspect.Parameter(n, keyword, default=None) for n in [*known, "progress"]]
        checked.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=first + named
        )
        checked.__name__ = checked.__qualname__ = command
        checked.__module__ = "relubound"
        checked.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\nOptions:\n\n" + "\n".join(
            lines
        )
        return checked  # type: ignore[return-value]

    return taking


_PROGRESS = (
    "how far it is: by default a bar (tqdm's) where a terminal or a notebook is; False for none; "
    "or a function that is called as progress(done, total, notes)"
)


def _carried_out(call: Callable[[Any], Any], progress: Progress, unit: str, made: Any) -> Any:
    """What a call gives; raises what interrupted it, with that."""
    watch = watching(progress, unit)
    try:
        found, why = call(watch)
    finally:
        if watch is not None:
            watch.close()
    result = made(found)
    if why is None:
        return result
    if isinstance(why, KeyboardInterrupt):
        raise Interrupted(result) from None
    raise why


_WRAPPED: dict[type, Callable[[Any], Any]] = {
    _native.Run: Run,
    _native.Inputs: Inputs,
    _native.Study: Study,
}


def _wrapped(found: Any) -> Any:
    return _WRAPPED[type(found)](found) if type(found) in _WRAPPED else found


@overload
def check(
    widths: Optional[Widths] = None,
    *,
    network: None = None,
    shard: None = None,
    dry_run: Literal[False] = False,
    **options: Unpack[Checked],
) -> Run: ...


@overload
def check(
    widths: None = None,
    *,
    network: Any,
    shard: None = None,
    dry_run: Literal[False] = False,
    **options: Unpack[Checked],
) -> Inputs: ...


@overload
def check(
    widths: Optional[Widths] = None,
    *,
    network: Any = None,
    shard: str,
    dry_run: Literal[False] = False,
    **options: Unpack[Checked],
) -> Part: ...


@overload
def check(
    widths: Optional[Widths] = None,
    *,
    network: Any = None,
    shard: Optional[str] = None,
    dry_run: Literal[True],
    **options: Unpack[Checked],
) -> str: ...


@_taking(Checked, "network", "shard", "dry_run")
def check(widths: Optional[Widths] = None, **options: Any) -> Any:
    """Samples networks of these widths and holds every statement against them; or, with
    ``network`` and ``inputs``, judges a network that exists, input by input.

    Gives a :class:`Run`, or for a network :class:`Inputs`; with ``shard`` a :class:`Part`, for
    :func:`merge`; with ``dry_run`` text on how long it would take. A network is the path of a
    file, a torch ``Sequential``, a state dict, Flax parameters, a scikit-learn MLP, or a list of
    arrays; inputs and labels are paths or arrays.

    >>> run = relubound.check("30,30", trials=200, searches=10)
    >>> run.verdict
    'inconclusive'

    :raises Error: an option whose value cannot be used, in one line.
    :raises Interrupted: by Ctrl-C; its ``run`` has what is finished."""
    progress = options.pop("progress", None)
    unit = "networks" if options.get("network") is None else "inputs and networks"
    with ExitStack() as stack:
        _to_files(options, stack)
        shard, out = options.get("shard"), options.get("out")
        if shard is not None and out is None and not options.get("dry_run"):
            out = options["out"] = stack.enter_context(temporary())

        def made(found: Any) -> Any:
            if not isinstance(found, tuple):
                return _wrapped(found)
            done, wanted = found
            return read_part(str(shard), done, wanted, out or "")

        until = options.pop("until_settled", None)
        given = arguments("check", *_widths(widths), **options)
        if until is not None and until is not False:
            # The value is optional there, too.
            tail = "" if until is True else f"={text('until_settled', until)}"
            given.insert(1, f"--until-settled{tail}")
        return _carried_out(lambda watch: _native.check(given, watch), progress, unit, made)


def _to_files(options: dict[str, Any], stack: ExitStack) -> None:
    """Writes what is at hand to files."""
    at_hand = ("network", "initial", "inputs", "labels", "input")
    given = [name for name in at_hand if options.get(name) is not None]
    if all(isinstance(options[name], (str, os.PathLike)) for name in given):
        return
    place = stack.enter_context(temporary())
    for name in given:
        if name not in ("network", "initial"):
            options[name] = _networks.array(name, options[name], place)
            continue
        options[name], declared = _networks.network(name, options[name], place)
        for option, value in declared.items():
            if options.get(option) is None and not (
                option == "slope" and options.get("activation") is not None
            ):
                options[option] = value


@_taking(Bounded)
def bounds(widths: Optional[Widths] = None, **options: Unpack[Bounded]) -> Run:
    """The same rows without sampling, for widths of any size.

    >>> relubound.bounds("784,784", stages="direct").row("direct.threshold").bound
    271.0"""
    given: dict[str, Any] = dict(options)
    given.pop("progress", None)
    with ExitStack() as stack:
        _to_files(given, stack)
        asked = arguments("bounds", *_widths(widths), **given)
        found = _carried_out(lambda watch: _native.bounds(asked, watch), False, "", Run)
    return found  # type: ignore[no-any-return]


@_taking(Bounded)
def threshold(
    widths: Optional[Widths] = None, **options: Unpack[Bounded]
) -> list[dict[str, Any]]:
    """The least widths found at which some step is proved to flip the sign, by each way: for
    equal widths by depth up to that of the network (or for ``depths``), and for its shape by δ."""
    given: dict[str, Any] = {"stages": "output", **options, "threshold": True}
    return bounds(widths, **given).thresholds


@_taking(Followed)
def angle(**options: Unpack[Followed]) -> Angles:
    """The angle between two inputs through the layers of an infinitely wide network, exactly.

    >>> relubound.angle(depth=1, digits=10).rows[1]["theta"]
    {'lo': '1.246850219', 'hi': '1.246850220'}"""
    given: dict[str, Any] = dict(options)
    given.pop("progress", None)
    return Angles(_native.angle(arguments("angle", format="json", **given)))


@_taking(Grown)
def growth(**options: Unpack[Grown]) -> Growth:
    """How the width at which the step flips the sign grows with depth: proved, expected,
    observed."""
    given: dict[str, Any] = dict(options)
    progress = given.pop("progress", None)
    asked = arguments("growth", **given)
    found = _carried_out(lambda watch: _native.growth(asked, watch), progress, "depths", Growth)
    return found  # type: ignore[no-any-return]


@_taking(Normed)
def norms(widths: Optional[Widths] = None, **options: Unpack[Normed]) -> Findings:
    """The shortest steps in several norms, and how few coordinates have to change: proved,
    expected, observed."""
    given: dict[str, Any] = dict(options)
    progress = given.pop("progress", None)
    with ExitStack() as stack:
        _to_files(given, stack)
        asked = arguments("norms", *_widths(widths), **given)
        found = _carried_out(lambda watch: _native.norms(asked, watch), progress, "parts", Findings)
    return found  # type: ignore[no-any-return]


@_taking(Biased)
def biases(width: Optional[Number] = None, **options: Unpack[Biased]) -> Findings:
    """Up to which biases the step flips the sign, by depth: proved, expected, observed."""
    given: dict[str, Any] = dict(options)
    progress = given.pop("progress", None)
    asked = arguments("biases", *([] if width is None else [text("width", width)]), **given)
    found = _carried_out(lambda watch: _native.biases(asked, watch), progress, "depths", Findings)
    return found  # type: ignore[no-any-return]


@overload
def explore(
    *, shard: None = None, dry_run: Literal[False] = False, **options: Unpack[Explored]
) -> Study: ...


@overload
def explore(
    *, shard: str, dry_run: Literal[False] = False, **options: Unpack[Explored]
) -> Part: ...


@overload
def explore(
    *, shard: Optional[str] = None, dry_run: Literal[True], **options: Unpack[Explored]
) -> str: ...


@_taking(Explored, "shard", "dry_run")
def explore(**options: Any) -> Any:
    """Measures the constants of the proof over a grid of depths and widths, cell by cell.

    Gives a :class:`Study`; with ``shard`` a :class:`Part`, for :func:`merge`; with ``dry_run``
    text on how long it would take. With ``out`` a study that was interrupted goes on.

    :raises Interrupted: by Ctrl-C; its ``run`` has the cells that are finished."""
    progress = options.pop("progress", None)
    with ExitStack() as stack:
        shard, out, dry = options.get("shard"), options.get("out"), options.get("dry_run")
        if shard is not None and out is None and not dry:
            out = options["out"] = stack.enter_context(temporary())
        keep = out is not None or bool(dry)
        if not keep:
            # The command asks for a directory; without one nothing is written.
            options["dry_run"] = True
        asked = arguments("explore", **options)

        def made(found: Any) -> Any:
            if isinstance(found, str) or shard is None:
                return _wrapped(found)
            done, wanted = found.progress()
            return read_part(shard, done, wanted, out or "")

        return _carried_out(
            lambda watch: _native.explore(asked, keep, watch), progress, "networks", made
        )


@_taking(Compared)
def compare(
    *items: Union[Run, Inputs, Widths, PathLike], **options: Unpack[Compared]
) -> Comparison:
    """Sets runs side by side: runs, directories of runs, or widths, of which a few networks are
    sampled."""
    given: dict[str, Any] = dict(options)
    progress = given.pop("progress", None)
    names: list[str] = []
    runs: list[tuple[str, Any]] = []
    for item in items:
        loaded: Any = item
        if isinstance(item, (str, os.PathLike)) and (Path(item) / "run.json").exists():
            loaded = load(item)
        if isinstance(loaded, (Run, Inputs)):
            name = os.fspath(item) if isinstance(item, (str, os.PathLike)) else _name(loaded)
            while name in names:
                name += "'"
            runs.append((name, loaded._native))
        else:
            name = text("items", item)
        names.append(name)
    asked = arguments("compare", *names, **given)
    watch = watching(progress, "networks")
    try:
        return Comparison(_native.compare(asked, runs, 100, watch))
    finally:
        if watch is not None:
            watch.close()


def _name(run: Union[Run, Inputs]) -> str:
    if isinstance(run, Run):
        return str(run.config["widths"])
    return str(run.results["run"]["network"]["source"]["file"])


def load(dir: PathLike) -> Any:
    """What a directory holds that ``check``, ``explore`` or ``merge`` wrote, or ``save``: a
    :class:`Run`, :class:`Inputs` or a :class:`Study`. What was edited is refused.

    :raises Error: files that are missing or damaged."""
    return _wrapped(_native.load(os.fspath(dir)))


@_taking(Merged)
def merge(parts: Iterable[Union[Part, PathLike]], **options: Unpack[Merged]) -> Any:
    """Joins the parts of a run or of a study, from :func:`check` or :func:`explore` with
    ``shard``, or from their directories: the same bytes as without parts.

    Gives a :class:`Run`, :class:`Inputs` or a :class:`Study`."""
    given: dict[str, Any] = dict(options)
    progress = given.pop("progress", None)
    with ExitStack() as stack:
        place = Path(stack.enter_context(temporary()))
        dirs: list[str] = []
        for at, part in enumerate(parts):
            if isinstance(part, Part):
                part.save(place / str(at))
                dirs.append(str(place / str(at)))
            else:
                dirs.append(os.fspath(part))
        if given.get("out") is None:
            given["out"] = place / "all"
        if not dirs:
            raise Error("DIR: the directories of the parts", "parameter", "DIR")
        asked = arguments("merge", *dirs, **given)
        return _carried_out(
            lambda watch: _native.merge(asked, watch), progress, "networks", _wrapped
        )
