"""Runs: what they say, how they are asked for, kept and joined."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import subprocess
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy
import pytest

import relubound
from conftest import SEARCHES, TRIALS
from relubound import _commands, _native

#: What is about what the program prints, and how it ends.
PRINTED = {"format", "json", "all", "quiet", "strict", "usage", "certificate"}


def test_a_run_says_what_the_ledger_holds(run: relubound.Run) -> None:
    ledger = json.loads(run.json())
    assert run.verdict == ledger["verdict"] and not run.failed and run.complete
    assert [row.key for row in run.rows][:2] == ["model.homogeneity", "output.law"]
    assert len(run.rows) == len(ledger["rows"])
    fields = {field.name for field in dataclasses.fields(relubound.Row)}
    # Of numbers beyond floats there are two more.
    twins = {n for row in ledger["rows"] for n in row if n.endswith(("_log10", "_exact"))}
    assert {name for row in ledger["rows"] for name in row} - twins <= fields
    upper = run.row("output.upper")
    assert upper.direction == "upper" and upper.observed is not None
    assert upper.observed.n == TRIALS and upper.bound is not None
    assert upper.interval is not None and upper.interval[0] < 0.1
    with pytest.raises(KeyError):
        run.row("output.lower")
    assert all(sentence.endswith(".") for sentence in run.answer)
    # Lines are broken in the text.
    assert " ".join(run.answer) in " ".join(str(run).split())
    assert "\x1b" not in str(run) and len(run.text(all=True)) > len(str(run))
    assert repr(run).startswith("<relubound.Run 40")
    for other in (run.csv(), run.markdown(), run.latex(), run.html()):
        assert "output.upper" in other


def test_what_every_network_showed(run: relubound.Run) -> None:
    trials = run.trials
    assert trials.height == TRIALS and trials["trial"] == list(range(TRIALS))
    observed = run.row("output.upper").observed
    assert observed is not None and max(trials["output.upper"]) == observed.max
    searched = trials["linearity.gradient"]
    # Searches are made in the first few.
    assert None not in searched[:SEARCHES] and set(searched[SEARCHES:]) == {None}


@pytest.mark.parametrize(
    ("command", "options", "more"),
    [
        ("check", _commands.Checked, {"widths", "network", "shard", "dry_run"}),
        ("bounds", _commands.Bounded, {"widths"}),
        ("growth", _commands.Grown, set()),
        ("explore", _commands.Explored, {"shard", "dry_run"}),
        ("angle", _commands.Followed, set()),
        ("compare", _commands.Compared, set()),
        ("norms", _commands.Normed, set()),
        ("biases", _commands.Biased, set()),
        ("merge", _commands.Merged, set()),
    ],
)
def test_options_are_those_of_the_command(command: str, options: Any, more: set[str]) -> None:
    function = getattr(relubound, command)
    import inspect

    known = {p.name for p in inspect.signature(function).parameters.values()}
    known -= {"progress", "items", "parts"}
    if command in ("norms", "biases"):
        known -= {"widths", "width"}
    printed = PRINTED - ({"all"} if command == "angle" else set())
    assert known == {name for name, _ in _native.options(command)} - printed
    for name, said in _native.options(command):
        assert "--" not in said
        assert name in printed or said in function.__doc__
    declared = set(options.__annotations__)
    assert declared <= known | {"progress"}
    with pytest.raises(TypeError, match="unexpected keyword argument 'sed'"):
        function(sed=1)


def test_an_option_that_is_misspelt_is_named_with_what_is_near() -> None:
    with pytest.raises(TypeError, match="'trails'; did you mean 'trials'"):
        relubound.check(trails=3)


@pytest.mark.parametrize(
    ("options", "said", "kind"),
    [
        ({"delta": 2}, "delta 2: a probability strictly between 0 and 1", "parameter"),
        ({"delta": float("nan")}, "delta nan: a probability", "parameter"),
        ({"trials": -1}, "trials -1: a whole number", "parameter"),
        ({"stages": ["outputs"]}, "stages outputs: stages are model, output", "parameter"),
        ({"engine": "fast"}, "invalid value 'fast' for 'engine'", "parameter"),
        ({"cos": 0, "theta0": 1}, "the argument 'cos' cannot be used with 'theta0'", "parameter"),
        ({"gain": 2}, "bias_std", "parameter"),
        ({"force": True}, "force: needs out", "parameter"),
        ({"shard": "4/3"}, "shard 4/3: part i of n", "parameter"),
        ({"seed": True}, "seed True: a value", "parameter"),
        ({"seed": {1: 2}}, "seed: a number, text or several of them, not dict", "parameter"),
        ({"config": "/nowhere"}, "config /nowhere: cannot", "file"),
        ({"network": "x.npz"}, "'network' cannot be used with 'widths'", "parameter"),
        ({"until_settled": 1}, "until_settled 1: a whole number from 2", "parameter"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    options: dict[str, Any], said: str, kind: str
) -> None:
    with pytest.raises(relubound.Error) as caught:
        relubound.check("30,30", progress=False, **options)
    why = caught.value
    assert said in str(why) and "\n" not in str(why) and "--" not in str(why)
    assert isinstance(why, ValueError) and why.kind == kind
    again = pickle.loads(pickle.dumps(why))
    assert (str(again), again.kind, again.parameter) == (str(why), why.kind, why.parameter)


def test_numbers_are_passed_on_exactly() -> None:
    def delta(value: Any) -> str:
        config = relubound.bounds("30,30", delta=value, stages="output").config
        return str(config["delta"])

    assert delta("1/20") == delta(Fraction(1, 20))
    assert delta(0.05) == delta("0.05") == delta(Decimal("0.05")) == delta(numpy.float64(0.05))
    assert Fraction(delta(1e-9)) == Fraction(delta(Decimal("1E-9"))) == Fraction("1e-9")
    # A number of mpmath is what it is in binary, and not a decimal that looks like it.
    with mpmath.workdps(40):
        tenth = mpmath.mpf("0.1")
        assert tenth != mpmath.mpf(0.1)
    mantissa, exponent = tenth.man_exp
    exact = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    assert Fraction(delta(tenth)) == exact != Fraction(1, 10)
    cos = relubound.angle(cos=mpmath.mpf(-0.25), depth=1, digits=30)
    assert cos.rows == relubound.angle(cos=Fraction(-1, 4), depth=1, digits=30).rows


def test_widths_and_stages_are_lists_or_text(run: relubound.Run) -> None:
    given = {"stages": ["output", "gradient"], "trials": 20, "progress": False}
    one = relubound.check([40, 40], **given)
    two = relubound.check("40,40", stages="output,gradient", trials=20, progress=False)
    three = relubound.check(widths="40,40", stages=iter(["output", "gradient"]), trials=20)
    assert one.json() == two.json()
    assert one.rows == three.rows


def test_bounds_beyond_floats_are_numbers_all_the_same() -> None:
    run = relubound.bounds("784,512x60", stages="linearity", events=True)
    assert run.verdict is None and not run.failed and repr(run).endswith("bounds>")
    row = run.row("linearity.gradient")
    assert row.events and sum(event["together"] for event in row.events) <= 0.1
    wide = relubound.bounds("784,512x2000", stages="linearity").rows
    large = [row.bound for row in wide if isinstance(row.bound, relubound.Magnitude)]
    assert large and all(one > 1e308 for one in large)
    one = large[0]
    with pytest.raises(OverflowError):
        float(one)
    assert abs(float(mpmath.log10(one.mpf())) - one.log10) < 1e-9 * one.log10
    with pytest.raises(relubound.Error, match="bounds alone"):
        run.save("nowhere")
    assert not Path("nowhere").exists()


def test_order_of_numbers_beyond_floats() -> None:
    of = relubound.Magnitude
    ordered = ["-1.5p7000", "-1.2p7000", "-1p0", "1p-7000", "1.5p-3", "1p0", "1.2p7000", "1p7001"]
    made = [of(text) for text in ordered]
    assert sorted(reversed(made)) == made
    assert of("1p1") == 2.0 and of("1.5p-3") < 1 < of("1p7000") < float("inf")
    assert str(of("1.5p7000")) == "2.433e+2107"
    assert eval(repr(made[0]), {"Magnitude": of}) == made[0]
    assert float(of("1p-7000")) == 0.0 and of("1p-7000") > 0


def test_thresholds() -> None:
    found = relubound.threshold("784,784", depths="1,2")
    assert [one["depth"] for one in found] == [1, 2]
    assert found[0]["direct"] == "271x1"
    assert relubound.threshold("784,784", depths=[1, 2]) == found


def test_what_is_saved_is_loaded_and_is_kept(run: relubound.Run, tmp_path: Path) -> None:
    run.save(tmp_path / "run")
    again = relubound.load(tmp_path / "run")
    assert isinstance(again, relubound.Run) and again.json() == run.json()
    assert again.trials["output.upper"] == run.trials["output.upper"]
    assert (tmp_path / "run" / "report.html").read_text("utf-8") == run.html()
    with pytest.raises(relubound.Error, match="replace the run with force=True"):
        run.save(tmp_path / "run")
    run.save(tmp_path / "run", force=True)
    trials = tmp_path / "run" / "trials.jsonl"
    trials.write_text(trials.read_text("utf-8").replace("1", "2", 1), "utf-8")
    with pytest.raises(relubound.Error, match="edited") as caught:
        relubound.load(tmp_path / "run")
    assert caught.value.kind == "file"


def test_a_directory_is_written_as_by_save(run: relubound.Run, tmp_path: Path) -> None:
    out = tmp_path / "a"
    relubound.check("40,40", trials=TRIALS, searches=SEARCHES, out=out, progress=False)
    run.save(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.skipif("RELUBOUND" not in os.environ, reason="RELUBOUND names no program")
def test_the_program_writes_the_same_bytes(run: relubound.Run, tmp_path: Path) -> None:
    counts = ["--trials", str(TRIALS), "--searches", str(SEARCHES)]
    args = ["check", "40,40", *counts, "-q", "-o", tmp_path / "a"]
    subprocess.run([os.environ["RELUBOUND"], *args], check=True)
    run.save(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def contents(dir: Path) -> dict[str, bytes]:
    files = [path for path in dir.iterdir() if path.name != ".relubound.lock"]
    return {path.name: path.read_bytes() for path in files if path.is_file()}


def test_parts_are_joined_to_the_same_bytes(tmp_path: Path) -> None:
    asked = {"stages": "output,flip", "trials": TRIALS, "searches": SEARCHES, "progress": False}
    run = relubound.check("40,40", **asked)

    def part(i: int, **options: Any) -> relubound.Part:
        return relubound.check("40,40", shard=f"{i}/3", **asked, **options)

    parts = [part(1), pickle.loads(pickle.dumps(part(2)))]
    assert all(one.complete and one.wanted == TRIALS // 3 for one in parts)
    with pytest.raises(relubound.Error, match="part"):
        relubound.merge(parts)
    part(3, out=tmp_path / "third")
    merged = relubound.merge([*parts, tmp_path / "third"], out=tmp_path / "all")
    assert merged.json() == run.json()
    run.save(tmp_path / "one")
    assert contents(tmp_path / "all") == contents(tmp_path / "one")
    assert relubound.merge([*parts, tmp_path / "third"]).json() == run.json()


def test_a_part_is_given_or_asked_for() -> None:
    with pytest.raises(relubound.Error, match="directories of the parts"):
        relubound.merge([])


def test_a_run_goes_on_until_it_is_settled() -> None:
    options = {"stages": "output", "trials": 200, "progress": False}
    once = relubound.check("40,40", **options)
    assert once.verdict == "inconclusive"
    for most in (True, 64):
        settled = relubound.check(
            "40,40", until_settled=most, **options
        )
        assert settled.verdict == "holds" or settled.trials.height > 200
    assert settled.trials.height > 200


def test_what_would_be_done_is_said() -> None:
    said = relubound.check("20,20", trials=50, searches=2, dry_run=True)
    assert isinstance(said, str) and "MiB" in said
    said = relubound.explore(depths="1,2", widths="8", quantities="c1", dry_run=True)
    assert isinstance(said, str) and "cells" in said


def test_an_input_is_an_array_or_a_file(tmp_path: Path) -> None:
    x = numpy.linspace(1, 2, 30)
    options = {"norm": "linf", "stages": "norm", "trials": 20, "steps": 5, "progress": False}
    one = relubound.check("30,30", input=x, **options)
    numpy.save(tmp_path / "x.npy", x)
    file = tmp_path / "x.npy"
    two = relubound.check("30,30", input=file, **options)
    assert one.json() == two.json() and one.config["input"] == x.tolist()
    with pytest.raises(relubound.Error, match="input: an array of <U1, not of numbers"):
        relubound.check("30,30", input=["a"], **options)


def test_runs_and_widths_are_compared(run: relubound.Run, tmp_path: Path) -> None:
    run.save(tmp_path / "run")
    found = relubound.compare(
        run, tmp_path / "run", [20, 20], trials=20, out=tmp_path / "out", progress=False
    )
    assert "relubound compare: 3 runs" in str(found) and "20,20" in found.markdown()
    assert (tmp_path / "out" / "compare.html").read_text("utf-8") == found.html()
    assert found._repr_html_().startswith('<div class="relubound">')
    with pytest.raises(relubound.Error, match="RUN nowhere"):
        relubound.compare(run, "nowhere", progress=False)


def test_an_angle_is_enclosed() -> None:
    found = relubound.angle(depth=30, digits=25)
    assert [row["layer"] for row in found.rows] == list(range(31))
    with mpmath.workdps(40):
        mpmath.iv.dps = 40
        exact = 1 / mpmath.pi
        assert exact in found.mpi(1, "cos")
        assert mpmath.acos(exact) in found.mpi(1)
    # The text is brief, unless it is asked for all.
    assert "\n   17" not in str(found)
    assert "\n   17" in str(relubound.angle(depth=30, all=True))


def test_growth_by_depth() -> None:
    found = relubound.growth(depths=[1, 2], trials=0, progress=False)
    assert found.complete and not found.failed
    proved = relubound.threshold("8x2", depths=[1, 2])
    assert found.table["direct"] == [float(one["direct"].split("x")[0]) for one in proved]
    assert found.svg() is not None and "<svg" in found._repr_html_()
    assert [row["depth"] for row in found.rows] == [1, 2]


def test_norms_and_biases() -> None:
    found = relubound.norms("64x1", norms="l2,linf", shares=64, trials=20, progress=False)
    assert found.complete and not found.failed and found.results["norms"]
    assert "linf" in found.json() and "relubound norms" in str(found)
    assert found._repr_html_().startswith('<div class="relubound">')
    found = relubound.biases(64, depths=[1], trials=20, progress=False)
    assert found.complete and found.results and "relubound biases" in str(found)
    assert "<html" in found.html() and "|" in found.markdown()


def test_a_study_is_kept_and_goes_on(tmp_path: Path) -> None:
    options = {"depths": "1,2", "widths": [8], "quantities": "c1,flips", "trials": 20,
               "searches": 4, "progress": False}  # fmt: skip
    study = relubound.explore(**options)
    assert study.complete and not study.failed and len(study.rows) == 2
    assert study.table["quantity"] == ["c1", "flips"] * 2 and study.fits
    kept = relubound.explore(out=tmp_path / "a", **options)
    study.save(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert kept.csv() == relubound.load(tmp_path / "a").csv() == study.csv()
    explore: Any = relubound.explore
    parts = [explore(shard=f"{i}/2", **options) for i in (1, 2)]
    assert relubound.merge(parts, out=tmp_path / "c").json() == study.json()
    assert contents(tmp_path / "c") == contents(tmp_path / "a")


def test_proofs() -> None:
    labels = {one["label"] for one in relubound.proofs.list()["statements"]}
    assert "direct.flip" in labels
    shown = relubound.proofs.show("output.upper")
    assert "**Proof" in str(shown) and "<math" in shown.html()
    with pytest.raises(relubound.Error, match="labels of this stage are output.law"):
        relubound.proofs.show("output.lower")
    assert relubound.proofs.graph().startswith("<svg")
    assert relubound.proofs.verify("collapse.phi")
