"""The same experiment in numpy, JAX, PyTorch and relubound, side by side on the same cores: draw a fresh random
network of six hidden layers, follow an input, take the gradient and the step t = 2, and look whether the sign flips.

Every peer runs in the better of two ways: one process that uses all cores, or one single-threaded process a core. In each
round all take their turn for some seconds. Prints experiments a second, the median of the rounds with their range, and how
many times as many relubound does as the best peer: with stored weights of the same format, without of any. Then how the
time of an experiment without weights grows with the width.
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import time

DEPTH = 6
STEP = 2.0
WIDTHS = (256, 1024, 4096)
ROUNDS = 5
PEERS = ("numpy", "jax", "torch")
FORMATS = ("f32", "f64")
ENGINES = ("dense-f32", "dense-f64", "conditioned", "law")
# The least of them is beyond what a cache holds.
LARGE_WIDTHS = (30_000, 100_000, 300_000, 1_000_000)


def numpy_experiment(width, precision):
    import numpy as np

    dtype = {"f32": np.float32, "f64": np.float64}[precision]
    generator = np.random.default_rng(os.getpid())
    weights = [np.empty((width, width), dtype) for _ in range(DEPTH)] + [np.empty(width, dtype)]
    x = np.ones(width, dtype)
    scale = dtype(1 / np.sqrt(width))

    def forward(point):
        active = []
        for matrix in weights[:-1]:
            point = matrix @ point * scale
            active.append(point > 0)
            point = np.where(active[-1], point, 0)
        return weights[-1] @ point * scale, active

    def experiment():
        for matrix in weights:
            generator.standard_normal(out=matrix, dtype=dtype)
        f, active = forward(x)
        row = weights[-1] * scale
        for matrix, mask in zip(reversed(weights[:-1]), reversed(active)):
            row = np.where(mask, row, 0) @ matrix * scale
        there, _ = forward(x - STEP * f / (row @ row) * row)
        return bool(f * there < 0)

    return experiment


def torch_experiment(width, precision):
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(os.getpid())
    dtype = {"f32": torch.float32, "f64": torch.float64}[precision]
    weights = [torch.empty(width, width, dtype=dtype) for _ in range(DEPTH)]
    weights.append(torch.empty(width, dtype=dtype))
    x = torch.ones(width, dtype=dtype)
    scale = width**-0.5

    def forward(point):
        active = []
        for matrix in weights[:-1]:
            point = torch.mv(matrix, point).mul_(scale)
            active.append(point > 0)
            point = point.relu_()
        return torch.dot(weights[-1], point) * scale, active

    @torch.inference_mode()
    def experiment():
        for matrix in weights:
            matrix.normal_()
        f, active = forward(x)
        row = weights[-1] * scale
        for matrix, mask in zip(reversed(weights[:-1]), reversed(active)):
            row = torch.mv(matrix.T, row * mask).mul_(scale)
        there, _ = forward(x - STEP * f / torch.dot(row, row) * row)
        return bool(f * there < 0)

    return experiment


def jax_experiment(width, precision):
    import jax

    jax.config.update("jax_enable_x64", precision == "f64")
    import jax.numpy as jnp

    dtype = {"f32": jnp.float32, "f64": jnp.float64}[precision]
    x = jnp.ones(width, dtype)
    scale = width**-0.5

    def network(weights, point):
        for matrix in weights[:-1]:
            point = jax.nn.relu(matrix @ point * scale)
        return weights[-1] @ point * scale

    @jax.jit
    def one(key):
        keys = jax.random.split(key, DEPTH + 1)
        weights = [jax.random.normal(k, (width, width), dtype) for k in keys[:-1]]
        weights.append(jax.random.normal(keys[-1], (width,), dtype))
        f, row = jax.value_and_grad(network, argnums=1)(weights, x)
        there = network(weights, x - STEP * f / (row @ row) * row)
        return f * there < 0

    key = jax.random.key(os.getpid(), impl="unsafe_rbg")
    state = [key]

    def experiment():
        state[0], now = jax.random.split(state[0])
        return bool(one(now))

    return experiment


def work(peer, width, precision, seconds):
    """In a process of its own."""
    experiment = {"numpy": numpy_experiment, "jax": jax_experiment, "torch": torch_experiment}[peer](width, precision)
    experiment()
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < seconds:
        experiment()
        count += 1
    print(count / (time.perf_counter() - start))


def together(command, processes, threads):
    """The rates of some processes at the same time, added."""
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    if threads == 1:
        limits["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    running = [
        subprocess.Popen(command, env={**os.environ, **limits}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(processes)
    ]
    outputs = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise SystemExit(f"failed: {' '.join(command)}")
    return sum(float(output) for output in outputs)


def peer_rate(peer, width, precision, seconds, cores, mode):
    command = [sys.executable, __file__, "--work", peer, str(width), precision, str(seconds)]
    processes, threads = (cores, 1) if mode == "apart" else (1, cores)
    return together(command, processes, threads)


def binary(root):
    """The benchmark of relubound, built."""
    command = ["cargo", "bench", "--bench", "experiment", "--no-run", "--message-format", "json"]
    lines = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    # The program itself is built beside it, before or after.
    messages = [message for message in map(json.loads, lines) if message.get("executable")]
    return next(message["executable"] for message in messages if message["target"]["kind"] == ["bench"])


def slope(xs, ys):
    """Of the line of least squares."""
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def growth(ours, seconds, rounds):
    """Prints the time of an experiment without weights, on one core, and the exponent of the width in it."""
    times = {width: [] for width in LARGE_WIDTHS}
    for _ in range(rounds):
        for width in LARGE_WIDTHS:
            times[width].append(1 / together([ours, "conditioned", f"{width}x{DEPTH}", str(seconds), "1"], 1, 1))
    print("\nwithout weights, on one core\n")
    print("| width | milliseconds an experiment |")
    print("|---:|---:|")
    for width in LARGE_WIDTHS:
        print(f"| {width:,} | {text([1000 * time for time in times[width]])} |")
    logs = [math.log(width) for width in LARGE_WIDTHS]
    exponents = [slope(logs, [math.log(times[width][i]) for width in LARGE_WIDTHS]) for i in range(rounds)]
    low, middle, high = (f"{e:.2f}" for e in (min(exponents), statistics.median(exponents), max(exponents)))
    print(f"\nit grows as width^{middle} ({low} to {high})")


def text(rates):
    digits = 0 if statistics.median(rates) >= 100 else 1
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(rates), statistics.median(rates), max(rates)))
    return f"{middle} ({low} to {high})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", nargs=4)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--widths", type=lambda text: [int(w) for w in text.split(",")], default=WIDTHS)
    args = parser.parse_args()
    if args.work:
        peer, width, precision, seconds = args.work
        work(peer, int(width), precision, float(seconds))
        return
    cores = len(os.sched_getaffinity(0))
    ours = binary(pathlib.Path(__file__).resolve().parents[2])
    print(f"experiments a second on {cores} cores, median of {args.rounds} rounds (range)\n")
    print("| width | | f32 | f64 |")
    print("|---:|---|---:|---:|")
    for width in args.widths:
        modes = {
            (peer, precision): max(
                ("apart", "together"),
                key=lambda mode: peer_rate(peer, width, precision, args.seconds / 2, cores, mode),
            )
            for peer in PEERS
            for precision in FORMATS
        }
        rates = {key: [] for key in [*modes, *ENGINES]}
        for _ in range(args.rounds):
            for (peer, precision), mode in modes.items():
                rates[peer, precision].append(peer_rate(peer, width, precision, args.seconds, cores, mode))
            for engine in ENGINES:
                command = [ours, engine, f"{width}x{DEPTH}", str(args.seconds), str(cores)]
                rates[engine].append(together(command, 1, cores))
        for peer in PEERS:
            print(f"| {width} | {peer} | {text(rates[peer, 'f32'])} | {text(rates[peer, 'f64'])} |")
        best = {p: max(statistics.median(rates[peer, p]) for peer in PEERS) for p in FORMATS}

        best["any"] = max(best.values())

        def beside(engine, precision):
            return f"{text(rates[engine])} ×{statistics.median(rates[engine]) / best[precision]:,.1f}"

        print(f"| {width} | relubound dense | {beside('dense-f32', 'f32')} | {beside('dense-f64', 'f64')} |")
        print(f"| {width} | relubound conditioned | | {beside('conditioned', 'any')} |")
        print(f"| {width} | relubound law | | {beside('law', 'any')} |", flush=True)
    growth(ours, args.seconds, args.rounds)


main()
