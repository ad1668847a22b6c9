"""Long runs: interrupts, progress, other threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import relubound
from conftest import SEARCHES, TRIALS

#: Takes hours.
LONG = {"trials": 20_000, "searches": 20_000}


class Interrupting:
    """Sends an interrupt, from another thread, when so much is done."""

    def __init__(self, enough: int) -> None:
        self._enough, self._event = enough, threading.Event()

    def __call__(self, done: int, total: int, notes: list[str]) -> None:
        if done >= self._enough:
            self._event.set()

    def __enter__(self) -> Interrupting:
        self._thread = threading.Thread(target=self._interrupt)
        self._thread.start()
        return self

    def _interrupt(self) -> None:
        self._event.wait()
        if not self._over:
            os.kill(os.getpid(), signal.SIGINT)

    _over = False

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._event.set()
        self._thread.join()


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path) -> None:
    with Interrupting(3) as watch, pytest.raises(relubound.Interrupted) as caught:
        relubound.check(
            "30x2", stages="flip", progress=watch, **LONG
        )
    run = caught.value.run
    assert isinstance(caught.value, KeyboardInterrupt)
    assert isinstance(run, relubound.Run) and not run.complete and not run.failed
    assert 3 <= run.trials.height < LONG["trials"]
    assert "interrupted" in repr(run)
    run.save(tmp_path / "run")
    assert relubound.load(tmp_path / "run").json() == run.json()


def test_an_interrupt_keeps_the_cells_that_are_finished(tmp_path: Path) -> None:
    options = {"depths": "1", "widths": "4,5,300", "quantities": "flips", "trials": 5000}
    with Interrupting(11_000) as watch, pytest.raises(relubound.Interrupted) as caught:
        relubound.explore(
            out=tmp_path / "study", searches=5000, progress=watch, **options
        )
    study = caught.value.run
    assert isinstance(study, relubound.Study) and not study.complete
    assert [row["widths"] for row in study.rows] == ["4x1", "5x1"]
    assert relubound.load(tmp_path / "study").json() == study.json()


def test_progress_is_told_and_may_end_a_run() -> None:
    seen: list[tuple[int, int]] = []
    relubound.check(
        "30,30", trials=200, searches=50, progress=lambda done, total, _: seen.append((done, total))
    )
    assert seen == sorted(seen) and seen[-1] == (200, 200)

    def enough(done: int, total: int, notes: list[str]) -> None:
        if done > 10:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        relubound.check("30x2", progress=enough, **LONG)


def test_other_threads_go_on() -> None:
    count, stop = [0], threading.Event()

    def counting() -> None:
        while not stop.is_set():
            count[0] += 1
            # Not the lock: it is what is looked at.
            stop.wait(1e-4)

    thread = threading.Thread(target=counting)
    thread.start()
    try:
        before = count[0]
        relubound.check("100x2", trials=300, searches=100, progress=False)
        assert count[0] > before + 10
    finally:
        stop.set()
        thread.join()


def test_a_run_in_another_thread_is_the_same(run: relubound.Run) -> None:
    made: list[relubound.Run] = []

    def running() -> None:
        made.append(relubound.check("40,40", trials=TRIALS, searches=SEARCHES))

    threads = [threading.Thread(target=running) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.json() for one in made] == [run.json()] * 2


@pytest.mark.parametrize("progress", ["None", "True", "False"])
def test_a_script_whose_output_is_read_prints_no_bar(progress: str) -> None:
    code = f"import relubound; relubound.check('20,20', trials=50, progress={progress})"
    # As if there were no tqdm.
    hidden = "import sys; sys.modules['tqdm.auto'] = None; "
    done = subprocess.run([sys.executable, "-c", hidden + code], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_importing_takes_nothing_else_along() -> None:
    code = "import sys, relubound; print([m for m in ('numpy', 'pandas', 'polars', 'pyarrow',"
    code += " 'mpmath', 'tqdm', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_a_bar_is_shown_where_it_is_asked_for() -> None:
    code = "import relubound; relubound.check('60x2', trials=60, searches=60, progress=True)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert "/60 [" in done.stderr and "networks/s" in done.stderr and done.stdout == ""
