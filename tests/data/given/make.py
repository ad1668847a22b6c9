"""Trains a small network on scikit-learn's digits and writes it in three formats.

The files beside this script were made by it, with numpy 2.4.6, scikit-learn 1.9.1, safetensors
0.8.0, onnx 1.23.2 and onnxruntime 1.32.0:

    python3 -m venv venv
    venv/bin/pip install numpy scikit-learn safetensors onnx onnxruntime
    venv/bin/python make.py

digits.npz, .safetensors, .onnx   the trained network, 64-32-16-10, float32
digits-initial.npz                the same network before training
digits-test.npy                   5 test inputs, the first of
digits-inputs.npy, -labels.npy    100 test inputs from 0 to 1 (8 x 8 pixels), and their classes
digits-logits.npy                 the outputs by numpy, in float64
normalised.onnx                   another network, 64-16-2 on centred inputs, with Sub and Div in
                                  the file: even against odd
normalised-logits.npy             its outputs by numpy, in float64
picture.onnx                      a convolution, LeakyRelu, averages over 2 x 2, and a matrix
picture-logits.npy                its outputs by the reference implementation of onnx, in float64
"""

import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


def forward(weights, biases, x):
    """The outputs in float64, weights with a row an input."""
    for index, (w, b) in enumerate(zip(weights, biases)):
        x = x.astype(np.float64) @ w.astype(np.float64) + b.astype(np.float64)
        if index + 1 < len(weights):
            x = np.maximum(x, 0.0)
    return x


def gemms(weights, biases, nodes, data):
    """Nodes and arrays as PyTorch exports them, a row an output."""
    arrays = []
    for index, (w, b) in enumerate(zip(weights, biases)):
        last = index + 1 == len(weights)
        name = f"layers.{2 * index}"
        arrays += [
            numpy_helper.from_array(np.ascontiguousarray(w.T), f"{name}.weight"),
            numpy_helper.from_array(b, f"{name}.bias"),
        ]
        out = "logits" if last else f"z{index}"
        inputs = [data, f"{name}.weight", f"{name}.bias"]
        nodes.append(helper.make_node("Gemm", inputs, [out], transB=1))
        if not last:
            data = f"y{index}"
            nodes.append(helper.make_node("Relu", [out], [data]))
    return arrays


def save_onnx(name, nodes, arrays, inputs, outputs, kind=TensorProto.FLOAT, run=True):
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", kind, ["batch", *inputs])],
        [helper.make_tensor_value_info("logits", kind, ["batch", outputs])],
        arrays,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path(name))
    if run:
        return onnxruntime.InferenceSession(path(name), providers=["CPUExecutionProvider"])


def trained(images, labels, hidden, **options):
    network = MLPClassifier(hidden, random_state=1, **options)
    network.fit(images, labels)
    return network


def main():
    digits = load_digits()
    images = (digits.data / 16).astype(np.float32)
    train, test = slice(0, 1500), slice(1500, 1600)
    x, labels = images[test], digits.target[test].astype(np.int64)

    hidden = (32, 16)
    network = trained(images[train], digits.target[train], hidden, max_iter=400)
    weights, biases = network.coefs_, network.intercepts_
    assert all(array.dtype == np.float32 for array in weights + biases)
    logits = forward(weights, biases, x)
    assert np.array_equal(network.predict(x), logits.argmax(axis=1))
    print("accuracy on the test inputs:", (logits.argmax(axis=1) == labels).mean())

    # With a step this small nothing moves: these are the weights that training began with.
    still = trained(
        images[train], digits.target[train], hidden, solver="sgd", max_iter=1, momentum=0,
        learning_rate_init=1e-30,
    )

    for name, one in [("digits.npz", network), ("digits-initial.npz", still)]:
        arrays = {f"coefs_{i}": w for i, w in enumerate(one.coefs_)}
        arrays |= {f"intercepts_{i}": b for i, b in enumerate(one.intercepts_)}
        np.savez(path(name), **arrays)
    # As PyTorch's state_dict of a Sequential has it.
    tensors = {}
    for index, (w, b) in enumerate(zip(weights, biases)):
        tensors[f"layers.{2 * index}.weight"] = np.ascontiguousarray(w.T)
        tensors[f"layers.{2 * index}.bias"] = b
    save_file(tensors, path("digits.safetensors"))
    nodes = []
    arrays = gemms(weights, biases, nodes, "x")
    session = save_onnx("digits.onnx", nodes, arrays, [64], 10)
    single = session.run(None, {"x": x})[0]
    print("onnxruntime, float32 against float64:", np.abs(single - logits).max())
    assert np.abs(single - logits).max() < 1e-3

    np.save(path("digits-test.npy"), x[:5].astype(np.float64))
    np.save(path("digits-inputs.npy"), x.astype(np.float64))
    np.save(path("digits-labels.npy"), labels)
    np.save(path("digits-logits.npy"), logits)

    mean, std = images[train].mean(axis=0), np.float32(0.3)
    centred = (images - mean) / std
    network = trained(centred[train], digits.target[train] % 2, (16,), max_iter=50)
    # Of its single output, the logit of odd; the file gives two, even being 0.
    weights, biases = list(network.coefs_), list(network.intercepts_)
    weights[-1] = np.hstack([np.zeros_like(weights[-1]), weights[-1]])
    biases[-1] = np.hstack([np.zeros_like(biases[-1]), biases[-1]])
    nodes = [
        helper.make_node("Sub", ["x", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "std"], ["scaled"]),
    ]
    arrays = [numpy_helper.from_array(mean, "mean"), numpy_helper.from_array(std, "std")]
    arrays += gemms(weights, biases, nodes, "scaled")
    session = save_onnx("normalised.onnx", nodes, arrays, [64], 2)
    exact = (x.astype(np.float64) - mean.astype(np.float64)) / np.float64(std)
    logits = forward(weights, biases, exact)
    assert np.abs(session.run(None, {"x": x})[0] - logits).max() < 1e-3
    np.save(path("normalised-logits.npy"), logits)

    random = np.random.default_rng(1)

    def normal(*shape):
        return random.standard_normal(shape)

    arrays = {
        "conv.weight": normal(4, 1, 3, 3),
        "conv.bias": normal(4),
        "fc.weight": normal(3, 64) / 8,
        "fc.bias": normal(3),
    }
    arrays = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    nodes = [
        helper.make_node("Conv", ["x", "conv.weight", "conv.bias"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("LeakyRelu", ["c"], ["r"], alpha=0.1),
        helper.make_node("AveragePool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "fc.weight", "fc.bias"], ["logits"], transB=1),
    ]
    save_onnx("picture.onnx", nodes, arrays, [1, 8, 8], 3, TensorProto.DOUBLE, run=False)
    # onnxruntime has no convolution in float64.
    session = ReferenceEvaluator(path("picture.onnx"))
    logits = session.run(None, {"x": x.astype(np.float64).reshape(-1, 1, 8, 8)})[0]
    np.save(path("picture-logits.npy"), logits)


if __name__ == "__main__":
    main()
