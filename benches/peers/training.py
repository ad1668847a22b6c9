"""Trains small networks with PyTorch, in double precision, and writes what comes of it to
tests/data/training.json, with which tests/training.rs compares gradient descent as sums of outer
products. Run again only to make it anew: python benches/peers/training.py"""
import json
import pathlib

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(20)
WIDTHS, POINTS, STEPS = [6, 9, 7, 5], 4, 6
cases = []
for loss in ("squared", "logistic"):
    for slope in (0.0, 0.25, -0.5):
        shapes = list(zip(WIDTHS[1:] + [1], WIDTHS))
        weights = [torch.randn(rows, columns) / columns**0.5 for rows, columns in shapes]
        points = torch.randn(POINTS, WIDTHS[0])
        labels = torch.tensor([1.0, -1.0, -1.0, 1.0])
        scale, rate = 1.7, 0.08
        parameters = [w.clone().requires_grad_() for w in weights]
        optimiser = torch.optim.SGD(parameters, lr=rate)
        outputs, losses = [], []
        for _ in range(STEPS + 1):
            h = points
            for w in parameters[:-1]:
                z = h @ w.T
                h = torch.where(z > 0, z, slope * z)
            out = scale * (h @ parameters[-1].T)[:, 0]
            if loss == "squared":
                value = (0.5 * (out - labels) ** 2).mean()
            else:
                value = torch.nn.functional.softplus(-labels * out).mean()
            outputs.append(out.tolist())
            losses.append(value.item())
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
        cases.append({
            "loss": loss, "slope": slope, "scale": scale, "rate": rate,
            "weights": [w.tolist() for w in weights], "points": points.tolist(),
            "labels": labels.tolist(), "outputs": outputs, "losses": losses,
        })
target = pathlib.Path(__file__).parents[2] / "tests" / "data" / "training.json"
target.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")
