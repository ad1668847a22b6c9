#!/usr/bin/env python3
"""Runs of the program in which all is true: how often does a row look violated, and how often is it
called VIOLATED after fresh networks? At most α, and α².

    tests/tough/alarms.py [PROGRAM [RUNS [ALPHA]]]
"""

import json
import math
import sys

from jobs import PROGRAM, run, say

RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
ALPHA = sys.argv[3] if len(sys.argv) > 3 else "0.1"


def tail(count, runs, p):
    """P(Bin(runs, p) >= count)."""
    def term(k):
        log = math.lgamma(runs + 1) - math.lgamma(k + 1) - math.lgamma(runs - k + 1)
        return math.exp(log + k * math.log(p) + (runs - k) * math.log1p(-p))
    return math.fsum(term(k) for k in range(count, runs + 1))


def root(holds):
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def limits(count, runs, alpha):
    """Clopper and Pearson's."""
    low = 0.0 if count == 0 else root(lambda p: tail(count, runs, p) < alpha / 2)
    high = 1.0 if count == runs else root(lambda p: 1 - tail(count + 1, runs, p) > alpha / 2)
    return low, high


def main():
    looked = called = 0
    for seed in range(1, RUNS + 1):
        args = ["check", "6,4", "--stages", "output", "--trials", "200", "--searches", "0"]
        args += ["--alpha", ALPHA, "--threads", "1", "--format", "json", "--seed", str(seed)]
        result = run([PROGRAM, *args])
        ledger = json.loads(result.stdout)
        looked += any(row["fresh"] for row in ledger["rows"])
        called += ledger["verdict"] == "violated"
        if (result.returncode == 1) != (ledger["verdict"] == "violated"):
            raise SystemExit(f"seed {seed}: {result.returncode}, {ledger['verdict']}")
    for what, count, most in (("look violated", looked, float(ALPHA)),
                              ("are called violated", called, float(ALPHA) ** 2)):
        low, high = limits(count, RUNS, 0.01)
        say(f"α = {ALPHA}: {count} of {RUNS} runs {what}, a share from {low:.2e} to {high:.2e}; "
            f"at most {most:g}")
        # Wrong with probability 1e-9 if the share were as large as allowed.
        if limits(count, RUNS, 2e-9)[0] > most:
            raise SystemExit("more than allowed")


if __name__ == "__main__":
    main()
