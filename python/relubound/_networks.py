"""Networks and inputs at hand, written to files that the library reads.

Nothing is imported that is not there already: what an object is, is told by what it has.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ._errors import Error


def network(name: str, given: Any, dir: str) -> "tuple[str, dict[str, str]]":
    """The path of a network, and the options that it declares."""
    if isinstance(given, (str, os.PathLike)):
        return os.fspath(given), {}
    arrays, declared = _arrays(name, given)
    return _npz(Path(dir) / f"{name}.npz", arrays), declared


def array(name: str, given: Any, dir: str) -> str:
    """The path of an array of numbers."""
    if isinstance(given, (str, os.PathLike)):
        return os.fspath(given)
    numpy = _numpy(name)
    path = Path(dir) / f"{name}.npy"
    numpy.save(path, _dense(name, given), allow_pickle=False)
    return str(path)


def _arrays(name: str, given: Any) -> "tuple[dict[str, Any], dict[str, str]]":
    if hasattr(given, "coefs_") and hasattr(given, "intercepts_"):
        return _sklearn(name, given)
    if hasattr(given, "state_dict") and hasattr(given, "children"):
        return _torch(name, given)
    if hasattr(given, "to_pure_dict"):
        given = given.to_pure_dict()
    elif not isinstance(given, Mapping) and isinstance(getattr(given, "params", None), Mapping):
        given = given.params
    if isinstance(given, Mapping):
        return _named(name, given), {}
    if isinstance(given, Sequence):
        return _listed(name, given), {}
    what = "a path, a torch Sequential or state dict, Flax parameters or the state of a module, a "
    what += "scikit-learn MLP, or arrays"
    raise Error(f"{name}: {what}, not {type(given).__name__}", "parameter", name)


def _sklearn(name: str, given: Any) -> "tuple[dict[str, Any], dict[str, str]]":
    if given.activation not in ("relu", "identity"):
        what = "of which nothing can be certified here; relu can"
        raise Error(f"{name}: its activation is {given.activation}, {what}", "parameter", name)
    arrays = {f"coefs_{i}": _dense(name, w) for i, w in enumerate(given.coefs_)}
    arrays.update({f"intercepts_{i}": _dense(name, b) for i, b in enumerate(given.intercepts_)})
    declared = {"layout": "in,out"}
    if given.activation == "identity":
        declared["slope"] = "1"
    return arrays, declared


def _torch(name: str, given: Any) -> "tuple[dict[str, Any], dict[str, str]]":
    arrays: dict[str, Any] = {}
    slope: Optional[str] = None
    activated = True
    ended = False

    def refuse(what: str) -> Error:
        hint = "export it as ONNX, or give its state dict and declare the slope"
        return Error(f"{name}: {what} ({hint})", "parameter", name)

    for place, module in _leaves(given, refuse):
        kind = type(module).__name__
        if kind in ("Flatten", "Identity", "Dropout"):
            continue
        if ended:
            raise refuse(f"{kind} behind the end of the network")
        if kind == "Linear":
            if not activated:
                raise refuse(f"{place}: no activation in front of it")
            arrays[f"{place}.weight"] = _dense(name, module.weight)
            if module.bias is not None:
                arrays[f"{place}.bias"] = _dense(name, module.bias)
            activated = False
        elif kind in ("ReLU", "LeakyReLU"):
            own = "0" if kind == "ReLU" else repr(float(module.negative_slope))
            if activated:
                raise refuse(f"{place}: {kind} with no layer in front of it")
            if slope not in (None, own):
                raise refuse(f"{place}: activations of several slopes")
            slope, activated = own, True
        elif kind in ("Softmax", "LogSoftmax"):
            ended = True
        else:
            raise refuse(f"{place}: {kind} is no layer, ReLU or LeakyReLU")
    if not arrays:
        raise refuse("it has no layers")
    if activated:
        raise refuse("it ends with an activation")
    return arrays, {"layout": "out,in", "slope": slope or "0"}


def _leaves(given: Any, refuse: Any, place: str = "") -> "Iterable[tuple[str, Any]]":
    """Modules in the order in which they are applied; only of sequences is that known."""
    children = list(given.named_children())
    if not children:
        yield place or "0", given
        return
    if type(given).__name__ != "Sequential":
        raise refuse(f"{type(given).__name__} says in code, and not as a Sequential, what it does")
    for name, child in children:
        yield from _leaves(child, refuse, f"{place}.{name}" if place else str(name))


def _named(name: str, given: "Mapping[Any, Any]", place: str = "") -> "dict[str, Any]":
    out: dict[str, Any] = {}
    for key, value in given.items():
        # The outermost name of a Flax module says nothing.
        below = place if not place and key == "params" and len(given) == 1 else _joined(place, key)
        if isinstance(value, Mapping):
            out.update(_named(name, value, below))
        else:
            out[below] = _dense(name, value)
    return out


def _joined(place: str, key: Any) -> str:
    return f"{place}.{key}" if place else str(key)


def _listed(name: str, given: "Sequence[Any]") -> "dict[str, Any]":
    flat: list[Any] = []
    for one in given:
        # (weights, bias), or weights alone.
        flat.extend(one if isinstance(one, tuple) else [one])
    arrays = [_dense(name, one) for one in flat if one is not None]
    return {f"arr_{i}": one for i, one in enumerate(arrays)}


def _dense(name: str, given: Any) -> Any:
    """An array of numpy."""
    numpy = _numpy(name)
    if hasattr(given, "detach"):
        given = given.detach().cpu()
        # numpy has no such type; it is widened exactly.
        given = given.float() if str(given.dtype) == "torch.bfloat16" else given
        given = given.numpy()
    if hasattr(given, "get_value") and not hasattr(given, "dtype"):
        given = given.get_value()
    try:
        found = numpy.asarray(given)
    except (TypeError, ValueError) as why:
        raise Error(f"{name}: not an array of numbers: {why}", "parameter", name) from None
    if found.dtype.name == "bfloat16":
        found = found.astype("float32")
    if found.dtype.kind not in "fiub":
        raise Error(f"{name}: an array of {found.dtype}, not of numbers", "parameter", name)
    return numpy.ascontiguousarray(found)


def _npz(path: Path, arrays: "Mapping[str, Any]") -> str:
    """Arrays in a file whose bytes depend on nothing else, so that a run can go on."""
    numpy = _numpy("network")
    with zipfile.ZipFile(path, "w") as file:
        for name, one in arrays.items():
            buffer = io.BytesIO()
            numpy.lib.format.write_array(buffer, one, allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue())
    return str(path)


def _numpy(name: str) -> Any:
    try:
        import numpy
    except ImportError:
        what = "what is no path needs numpy: pip install numpy"
        raise Error(f"{name}: {what}", "resources", name) from None
    return numpy
