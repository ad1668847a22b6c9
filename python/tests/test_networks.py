"""Networks that exist, in every form: the same network is the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest

import relubound


def read(network: Any, arrays: dict[str, Any], **options: Any) -> tuple[str, list[float]]:
    """The digest of a network as it was understood, and its slopes."""
    found = relubound.check(
        network=network, inputs=arrays["x"], reference=0, progress=False, **options
    )
    seen = found.results["run"]["network"]
    return seen["read"], seen["slopes"]


class Tensor:
    """What is known of a tensor of torch."""

    def __init__(self, array: Any) -> None:
        self._array, self.dtype = array, f"torch.{array.dtype}"

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> Any:
        return self._array


class Module:
    """What is known of a module of torch."""

    def __init__(self, *children: Any) -> None:
        self._children = [(str(i), child) for i, child in enumerate(children)]

    def named_children(self) -> list[tuple[str, Any]]:
        return self._children

    def children(self) -> list[Any]:
        return [child for _, child in self._children]

    def state_dict(self) -> dict[str, Any]:
        return {}


class Sequential(Module):
    pass


class Branches(Module):
    pass


class Flatten(Module):
    pass


class ReLU(Module):
    pass


class Tanh(Module):
    pass


class LeakyReLU(Module):
    negative_slope = 0.125


class Softmax(Module):
    pass


class Linear(Module):
    def __init__(self, weight: Any, bias: Any) -> None:
        super().__init__()
        self.weight, self.bias = Tensor(weight), None if bias is None else Tensor(bias)


class Perceptron:
    """What is known of a network of scikit-learn."""

    def __init__(self, arrays: dict[str, Any], activation: str = "relu") -> None:
        self.coefs_ = [arrays["w1"].T, arrays["w2"].T]
        self.intercepts_ = [arrays["b1"], arrays["b2"]]
        self.activation = activation


class Flax:
    """A state of Flax."""

    def __init__(self, params: Any) -> None:
        self.params = params


def test_every_form_of_a_network_is_the_same(arrays: dict[str, Any], tmp_path: Path) -> None:
    w1, b1, w2, b2 = (arrays[name] for name in ("w1", "b1", "w2", "b2"))
    path = tmp_path / "net.npz"
    numpy.savez(path, **{"0.weight": w1, "0.bias": b1, "2.weight": w2, "2.bias": b2})
    expected = read(path, arrays)
    kernels = {
        "Dense_0": {"kernel": w1.T, "bias": b1},
        "Dense_1": {"kernel": w2.T, "bias": b2},
    }
    linear = Sequential(Flatten(), Linear(w1, b1), ReLU(), Sequential(Linear(w2, b2)), Softmax())
    for network in (
        str(path),
        [w1, b1, w2, b2],
        [(w1, b1), (w2, b2)],
        [w1.tolist(), b1.tolist(), w2.tolist(), b2.tolist()],
        {"0.weight": Tensor(w1), "0.bias": Tensor(b1), "2.weight": Tensor(w2), "2.bias": b2},
        {"params": kernels},
        kernels,
        Flax(kernels),
        linear,
        Perceptron(arrays),
    ):
        assert read(network, arrays) == expected, network
    assert expected[1] == [0.0]


def test_slopes_are_those_of_the_network(arrays: dict[str, Any]) -> None:
    w1, b1, w2, b2 = (arrays[name] for name in ("w1", "b1", "w2", "b2"))
    leaky = Sequential(Linear(w1, b1), LeakyReLU(), Linear(w2, b2))
    assert read(leaky, arrays)[1] == [0.125]
    assert read([w1, b1, w2, b2], arrays, slope=0.125) == read(leaky, arrays)
    # What is declared goes before.
    assert read(leaky, arrays, activation="abs")[1] == [-1.0]
    assert read(Perceptron(arrays, "identity"), arrays)[1] == [1.0]


def test_layers_without_biases(arrays: dict[str, Any]) -> None:
    w1, w2 = arrays["w1"], arrays["w2"]
    bare = Sequential(Linear(w1, None), ReLU(), Linear(w2, None))
    assert read(bare, arrays) == read([w1, w2], arrays) == read([(w1, None), (w2,)], arrays)


def test_what_is_no_such_network_is_refused_by_name(arrays: dict[str, Any]) -> None:
    w1, b1, w2, b2 = (arrays[name] for name in ("w1", "b1", "w2", "b2"))
    one, two = Linear(w1, b1), Linear(w2, b2)
    for network, said in (
        (Sequential(one, Tanh(), two), "1: Tanh is no layer, ReLU or LeakyReLU"),
        (Sequential(one, two), "1: no activation in front of it"),
        (Sequential(one, ReLU(), two, ReLU()), "it ends with an activation"),
        (Sequential(one, ReLU(), ReLU(), two), "2: ReLU with no layer in front of it"),
        (Sequential(one, ReLU(), Softmax(), two), "Linear behind the end of the network"),
        (Sequential(Flatten()), "it has no layers"),
        (Branches(one, two), "Branches says in code"),
        (Perceptron(arrays, "tanh"), "its activation is tanh"),
        (3, "a path, a torch Sequential"),
        ([[["a"]]], "an array of <U1, not of numbers"),
        ([w1, b1, w2.T, b2], "network"),
    ):
        with pytest.raises(relubound.Error) as caught:
            read(network, arrays)
        assert said in str(caught.value), caught.value
        assert str(caught.value).startswith("network") and "\n" not in str(caught.value)


def test_a_network_is_judged(
    judged: relubound.Inputs, arrays: dict[str, Any], tmp_path: Path
) -> None:
    assert judged.complete and not judged.failed and len(judged.rows) == 6
    assert judged.verdict == "certified and found agree"
    assert judged.table["label"] == arrays["y"].tolist()
    hidden = numpy.maximum(arrays["w1"] @ arrays["x"].T + arrays["b1"][:, None], 0)
    outputs = arrays["w2"] @ hidden + arrays["b2"][:, None]
    assert judged.table["class"] == outputs.argmax(axis=0).tolist()
    proved, found = judged.table["radius_certified"], judged.table["radius_found"]
    assert all(p <= f for p, f in zip(proved, found) if f is not None)
    assert judged.answer[0] in " ".join(str(judged).split())
    judged.save(tmp_path / "run")
    again = relubound.load(tmp_path / "run")
    assert isinstance(again, relubound.Inputs) and again.json() == judged.json()
    assert (tmp_path / "run" / "report.html").read_text("utf-8") == judged.html()


def test_arrays_are_judged_as_their_files_are(
    judged: relubound.Inputs, arrays: dict[str, Any], tmp_path: Path
) -> None:
    layers = [(arrays["w1"], arrays["b1"]), (arrays["w2"], arrays["b2"])]
    check: Any = relubound.check
    options = {"labels": arrays["y"], "reference": 5, "progress": False}
    # Files made of arrays have the same bytes each time, so that a run goes on.
    for _ in range(2):
        kept = check(network=layers, inputs=arrays["x"], out=tmp_path / "run", **options)
        assert kept.json() == judged.json()
    parts = [
        check(network=layers, inputs=arrays["x"], shard=f"{i}/2", **options)
        for i in (1, 2)
    ]
    assert relubound.merge(parts).json() == judged.json()
    both = relubound.compare(judged, tmp_path / "run", progress=False)
    assert "network.npz" in str(both)
    with pytest.raises(relubound.Error, match="the two are not compared"):
        relubound.compare(judged, relubound.bounds("20,20", stages="output"), progress=False)


def test_the_network_before_training(arrays: dict[str, Any]) -> None:
    before = [arrays["w1"] / 2, arrays["b1"], arrays["w2"], arrays["b2"]]
    after = [arrays["w1"], arrays["b1"], arrays["w2"], arrays["b2"]]
    found = relubound.check(
        network=after, initial=before, inputs=arrays["x"], reference=0, progress=False
    )
    assert len(found.results["initial"]["inputs"]) == 6
    assert None not in found.table["initial_radius_certified"]


def test_inputs_that_do_not_fit_are_refused(arrays: dict[str, Any]) -> None:
    layers = [arrays["w1"], arrays["b1"], arrays["w2"], arrays["b2"]]
    with pytest.raises(relubound.Error, match="inputs"):
        relubound.check(network=layers, inputs=arrays["x"][:, :3], progress=False)
    with pytest.raises(relubound.Error, match="labels"):
        relubound.check(
            network=layers, inputs=arrays["x"], labels=arrays["y"][:3], progress=False
        )
