"""What the scripts of this directory run, and how they compare directories."""

import json
import os
import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

PROGRAM = str(Path(sys.argv[1] if len(sys.argv) > 1 else "target/debug/relubound").resolve())


class Job:
    """A command that fills a directory; `over` begins it again where something is there."""

    def __init__(self, name, args, over=()):
        self.name, self.args, self.over = name, [str(arg) for arg in args], list(over)

    def command(self, out, again=False):
        return [PROGRAM, *self.args, "--out", str(out), *(self.over if again else [])]


def network(path, seed):
    """A safetensors file: 4 inputs, 6 and 5 hidden neurons, 3 outputs."""
    draw, header, data = random.Random(seed), {}, b""
    for layer, (rows, columns) in enumerate([(6, 4), (5, 6), (3, 5)]):
        for kind, shape in (("weight", [rows, columns]), ("bias", [rows])):
            count = rows * columns if kind == "weight" else rows
            values = [draw.gauss(0, 1 / columns**0.5) for _ in range(count)]
            raw = struct.pack(f"<{count}f", *values)
            place = [len(data), len(data) + len(raw)]
            key = f"{2 * layer}.{kind}"
            header[key] = {"dtype": "F32", "shape": shape, "data_offsets": place}
            data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def jobs(place):
    """A run, a run over inputs, a study, one on top of a run that is there."""
    network(place / "net.safetensors", 1)
    network(place / "first.safetensors", 2)
    draw = random.Random(3)
    rows = [",".join(f"{draw.gauss(0, 1):.6f}" for _ in range(4)) for _ in range(8)]
    (place / "x.csv").write_text("\n".join(rows) + "\n")
    (place / "y.csv").write_text("\n".join(str(i % 3) for i in range(8)) + "\n")
    run = ["check", "6,4", "--stages", "output,bottleneck,slack", "--trials", "60"]
    run += ["--searches", "10"]
    given = ["check", "--network", place / "net.safetensors", "--inputs", place / "x.csv"]
    given += ["--labels", place / "y.csv", "--initial", place / "first.safetensors"]
    given += ["--reference", "6"]
    study = ["explore", "--depths", "1..4", "--widths", "6", "--quantities", "c1,flips"]
    study += ["--trials", "30", "--searches", "4", "--seed", "3"]
    return [Job("check", run, ["--force"]), Job("network", given), Job("explore", study)]


def files(place):
    """Every file with its bytes. Which renderings there ever were is known by their hashes: that
    list grows with what happened, and is compared as a set of those that are there."""
    found = {}
    for path in sorted(place.rglob("*")):
        name = str(path.relative_to(place))
        if path.is_file() and name != ".relubound.sums":
            found[name] = path.read_bytes()
        elif path.is_dir():
            found[name + "/"] = b""
    return found


def compare(there, wanted, what):
    there, wanted = files(there), files(wanted)
    if there != wanted:
        names = sorted(n for n in there.keys() | wanted.keys() if there.get(n) != wanted.get(n))
        raise SystemExit(f"{what}: other bytes in {', '.join(names)}")


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def done(command, what="", **more):
    result = run(command, **more)
    if result.returncode != 0:
        raise SystemExit(f"{what}: {command}: {result.returncode}: {result.stderr}")


def refused(result, what):
    """One line, and the exit status of bad input or of a disk."""
    if result.returncode != 2 or len(result.stderr.strip().splitlines()) != 1:
        raise SystemExit(f"{what}: {result.returncode}: {result.stderr!r}")


def fresh(out):
    shutil.rmtree(out, ignore_errors=True)
    return out


def say(text):
    print(text, flush=True)


def is_root():
    return os.geteuid() == 0
