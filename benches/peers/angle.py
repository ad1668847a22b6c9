"""Ten thousand layers of the recurrence of the angle, a step at a time: relubound, python-flint, mpmath.

relubound is measured by `cargo bench --bench angle`, just before; the others here, each the way that serves it
best. Prints microseconds a step, the median of several rounds with their spread, and ratios.
"""

import json
import os
import pathlib
import statistics
import time

import flint
import mpmath

LAYERS = 10_000
ROUNDS = 5
BITS = (256, 512, 1024)


def arb_midpoint(bits):
    """Arb used well: exact midpoints, whose error a caller would carry along."""
    flint.ctx.prec = bits
    one, two = flint.arb(1), flint.arb(2)
    inverse_pi = 1 / flint.arb.pi()
    s = flint.arb(1)
    for _ in range(LAYERS):
        sine = (s * (two - s)).sqrt()
        s = (s - (sine - 2 * (s / 2).sqrt().asin() * (one - s)) * inverse_pi).mid()
    return s


def arb_acos(bits):
    """The same with one arccosine."""
    flint.ctx.prec = bits
    one, two = flint.arb(1), flint.arb(2)
    inverse_pi = 1 / flint.arb.pi()
    s = flint.arb(1)
    for _ in range(LAYERS):
        sine, cosine = (s * (two - s)).sqrt(), one - s
        s = (s - (sine - cosine.acos() * cosine) * inverse_pi).mid()
    return s


def arb_balls_last(bits):
    """The layer at which naive balls have lost everything."""
    flint.ctx.prec = bits
    c = flint.arb(0)
    for i in range(LAYERS):
        c = ((1 - c * c).sqrt() + (flint.arb.pi() - c.acos()) * c) / flint.arb.pi()
        if not c.is_finite():
            return i + 1
    return LAYERS


def mpmath_steps(bits):
    mpmath.mp.prec = bits
    sqrt, asin, pi = mpmath.sqrt, mpmath.asin, +mpmath.pi
    s = mpmath.mpf(1)
    for _ in range(LAYERS):
        s = s - (sqrt(s * (2 - s)) - 2 * asin(sqrt(s / 2)) * (1 - s)) / pi
    return s


def rounds(function, bits):
    """Microseconds a step."""
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function(bits)
        found.append((time.perf_counter() - start) / LAYERS * 1e6)
    return found


def criterion(root, bits):
    """Microseconds a step, by criterion: its rounds."""
    path = root / os.environ.get("CARGO_TARGET_DIR", "target") / "criterion" / "angle" / "midpoint" / str(bits) / "new" / "sample.json"
    sample = json.loads(path.read_text())
    return [t / n / LAYERS * 1e-3 for t, n in zip(sample["times"], sample["iters"])]


def text(found):
    return f"{statistics.median(found):6.2f} ({min(found):.2f}–{max(found):.2f})"


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    print("microseconds a step, median (range); ratio to relubound")
    print(f"{'bits':>5}  {'relubound':>20}  {'arb, midpoints':>20}  {'ratio':>5}  {'mpmath':>22}  {'ratio':>5}")
    for bits in BITS:
        ours = criterion(root, bits)
        arb = min((rounds(f, bits) for f in (arb_midpoint, arb_acos)), key=statistics.median)
        mp = rounds(mpmath_steps, bits)
        base = statistics.median(ours)
        print(
            f"{bits:>5}  {text(ours):>20}  {text(arb):>20}  {statistics.median(arb) / base:5.1f}"
            f"  {text(mp):>22}  {statistics.median(mp) / base:5.1f}"
        )
    print(f"naive arb balls at 256 bits are infinite after {arb_balls_last(256)} steps")


main()
