"""Certified radii by relubound and by auto_LiRPA, on one core: a radius is the largest at which no class is above that of
the input, found by bisection to a relative 1e-4 in both. auto_LiRPA's CROWN and optimised CROWN (its default of 20 steps)
are not rounded on the safe side. Networks: random ones, and scikit-learn's MLP trained on its digits. Prints, for each
network and ball, the median radius of each, the median and the least ratio of ours to theirs, and seconds an input.
Needs the packages of certify.txt in an environment of their own.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import torch
import torch.onnx.symbolic_helper

# What auto_LiRPA 0.3 expects of an older torch.
torch.onnx.symbolic_helper._set_opset_version = lambda version: None
torch._C.Node.__getitem__ = lambda node, key: getattr(node, node.kindOf(key))(key)

from auto_LiRPA import BoundedModule, BoundedTensor, PerturbationLpNorm

INPUTS = 10
SEED = 7


def random_network(widths, generator):
    layers = []
    for n, m in zip(widths, widths[1:]):
        layers.append((generator.normal(size=(m, n)) * np.sqrt(2 / n), 0.1 * generator.normal(size=m)))
    return layers


def digits(widths):
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    data = load_digits()
    x, y = data.data / 16, data.target
    model = MLPClassifier(widths, random_state=SEED, max_iter=200).fit(x[:1500], y[:1500])
    return [(w.T.copy(), b.copy()) for w, b in zip(model.coefs_, model.intercepts_)], x[1500 : 1500 + INPUTS]


def module(layers):
    parts = []
    for k, (weights, bias) in enumerate(layers):
        linear = torch.nn.Linear(weights.shape[1], weights.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weights))
            linear.bias.copy_(torch.tensor(bias))
        parts += [linear] if k + 1 == len(layers) else [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*parts)


class Peer:
    def __init__(self, layers, ball):
        self.model = module(layers)
        self.layers = layers
        self.norm = {"l2": 2, "max": np.inf}[ball]

    def radius(self, x, method):
        x = torch.tensor(x, dtype=torch.float64)[None]
        outputs = self.model(x)[0]
        own = int(outputs.argmax())
        rivals = [k for k in range(len(outputs)) if k != own]
        c = torch.zeros(1, len(rivals), len(outputs), dtype=torch.float64)
        for row, rival in enumerate(rivals):
            c[0, row, own], c[0, row, rival] = 1, -1

        def fresh():
            return BoundedModule(self.model, torch.empty_like(x), bound_opts={"sparse_intermediate_bounds": False})

        known = fresh()

        def passes(radius):
            # Slopes that were optimised at another radius have another shape.
            bounded = known if method == "CROWN" else fresh()
            point = BoundedTensor(x, PerturbationLpNorm(norm=self.norm, eps=radius))
            lower, _ = bounded.compute_bounds(x=(point,), C=c, method=method, bound_upper=False)
            return bool((lower >= 0).all())

        low, high = 0.0, 1.0
        while passes(high):
            low, high = high, 2 * high
        while high > low * (1 + 1e-4) and high > 1e-9:
            middle = (low * high) ** 0.5 if low > 0 else high / 4
            low, high = (middle, high) if passes(middle) else (low, middle)
        return low


def ours(binary, layers, inputs, ball):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        layers = [{"weights": w.tolist(), "bias": b.tolist()} for w, b in layers]
        json.dump({"layers": layers, "inputs": inputs.tolist()}, file)
        file.flush()
        out = subprocess.run([binary, file.name, ball], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [tuple(map(float, line.split())) for line in out.splitlines()]


def binary(root):
    command = ["cargo", "bench", "--bench", "certify", "--no-run", "--message-format", "json"]
    lines = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    messages = [message for message in map(json.loads, lines) if message.get("executable")]
    return next(message["executable"] for message in messages if message["target"]["kind"] == ["bench"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary")
    parser.add_argument("--inputs", type=int, default=INPUTS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    program = args.binary or binary(pathlib.Path(__file__).resolve().parents[2])
    generator = np.random.default_rng(SEED)
    networks = {}
    for widths in ([10, 16, 16, 3], [20, 40, 40, 40, 5], [64, 100, 100, 10]):
        name = "random " + "-".join(map(str, widths))
        networks[name] = random_network(widths, generator), generator.normal(size=(args.inputs, widths[0]))
    for hidden in ((32, 16), (50, 50, 50)):
        layers, x = digits(hidden)
        networks["digits 64-" + "-".join(map(str, hidden)) + "-10"] = layers, x[: args.inputs]
    print("| network | ball | | median radius | ours/theirs, median (least) | seconds an input |")
    print("|---|---|---|---:|---:|---:|")
    for name, (layers, inputs) in networks.items():
        for ball in ("l2", "max"):
            found = ours(program, layers, inputs, ball)
            radii = [radius for radius, _ in found]
            seconds = statistics.median(s for _, s in found)
            print(f"| {name} | {ball} | relubound | {statistics.median(radii):.5g} | | {seconds:.3g} |")
            peer = Peer(layers, ball)
            for method in ("CROWN", "CROWN-Optimized"):
                theirs, times = [], []
                try:
                    for x in inputs:
                        start = time.perf_counter()
                        theirs.append(peer.radius(x, method))
                        times.append(time.perf_counter() - start)
                except RuntimeError as why:
                    print(f"| {name} | {ball} | auto_LiRPA {method} | fails: {str(why)[:60]} | | |", flush=True)
                    continue
                ratios = [a / b if b > 0 else float("inf") for a, b in zip(radii, theirs)]
                beside = f"{statistics.median(ratios):.4f} ({min(ratios):.4f})"
                middle = statistics.median(theirs)
                seconds = statistics.median(times)
                print(f"| {name} | {ball} | auto_LiRPA {method} | {middle:.5g} | {beside} | {seconds:.3g} |", flush=True)


main()
