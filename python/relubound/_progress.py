"""How far a computation is."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from collections.abc import Callable
from typing import Any, Optional, Union

#: Called as ``progress(done, total, notes)`` a few times a second; notes are lines of text.
Watch = Callable[[int, int, "list[str]"], None]
#: ``None``: a bar where a terminal or a notebook is; ``True``: a bar or lines in any case;
#: ``False``: none, and no notes; or a function of one's own.
Progress = Union[None, bool, Watch]

#: Seconds between lines, where there is no bar.
_LINE = 10.0


def watching(progress: Progress, unit: str) -> "Optional[_Shown]":
    """Who looks on, as a context that ends with what is shown."""
    if progress is False:
        return None
    if callable(progress):
        return _Shown(progress)
    notebook = _in_notebook()
    if progress is None and not notebook and not sys.stderr.isatty():
        return _Shown(_Notes())
    if notebook and not _has("ipywidgets"):
        # tqdm's bar would be a line of output for each of its steps.
        return _Shown(_Cell(unit))
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Shown(_Lines(unit))
    return _Shown(_Bar(tqdm, unit))


class _Shown:
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def __call__(self, done: int, total: int, notes: "list[str]") -> None:
        self._watch(done, total, notes)

    def close(self) -> None:
        close = getattr(self._watch, "close", None)
        if callable(close) and isinstance(self._watch, (_Bar, _Notes)):
            close()


class _Notes:
    """What one has to know, and no more."""

    def __call__(self, done: int, total: int, notes: "list[str]") -> None:
        for note in notes:
            print(f"relubound: {note}", file=sys.stderr)

    def close(self) -> None:
        pass


class _Lines(_Notes):
    """A line now and then."""

    def __init__(self, unit: str) -> None:
        self._unit, self._said = unit, time.monotonic()

    def __call__(self, done: int, total: int, notes: "list[str]") -> None:
        super().__call__(done, total, notes)
        now = time.monotonic()
        if now - self._said > _LINE and done < total:
            self._said = now
            print(f"{done} of {total} {self._unit}", file=sys.stderr)


class _Cell(_Notes):
    """A line of a notebook, which is gone in the end."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._line: Any = None

    def __call__(self, done: int, total: int, notes: "list[str]") -> None:
        super().__call__(done, total, notes)
        if total == 0 or (self._line is None and done == total):
            return
        self._show(f"{done} of {total} {self._unit}")

    def _show(self, text: str) -> None:
        display: Any = importlib.import_module("IPython.display").display
        shown = {"text/plain": text}
        if self._line is None:
            self._line = display(shown, raw=True, display_id=True)
        else:
            self._line.update(shown, raw=True)

    def close(self) -> None:
        if self._line is not None:
            self._show("")


class _Bar:
    """tqdm's bar, where that is installed."""

    def __init__(self, tqdm: Any, unit: str) -> None:
        self._tqdm, self._unit = tqdm, unit
        self._bar: Any = None

    def __call__(self, done: int, total: int, notes: "list[str]") -> None:
        for note in notes:
            self._tqdm.write(f"relubound: {note}", file=sys.stderr)
        if total == 0 or (self._bar is None and done == total):
            return
        if self._bar is None or self._bar.total != total or done < self._bar.n:
            self.close()
            self._bar = self._tqdm(total=total, unit=f" {self._unit}", leave=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    get: Any = getattr(shell, "get_ipython", None)
    found = get() if get else None
    return found is not None and hasattr(found, "kernel")
