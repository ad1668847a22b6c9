"""What a certificate says, in exact numbers. What is not understood is refused."""

import re
from fractions import Fraction
from math import comb

from balls import ball, exact

# Events of a row that no later layer rests on.
OWN = {"weights", "back-below", "affine"}
# What was seen, numbered.
KEYS = {}


class Refused(Exception):
    """A row is not accepted, and why."""


class Given:
    """The network, delta and the ball."""

    def __init__(self, json):
        self.memory = {}
        self.widths = [int(n) for n in json["widths"]]
        if min(self.widths) < 1:
            raise ValueError("a width below 1")
        self.depth = len(self.widths) - 1
        self.delta = exact(json["delta"])
        self.slope = exact(json["slope"])
        if not (0 < self.delta < 1 and -1 <= self.slope <= 1):
            raise ValueError("delta or slope out of range")
        self.a = ball(self.slope)
        self.jump = ball(1 - self.slope)
        self.slope_square = ball(self.slope**2)
        self.step = exact(json["step"])
        radius = json["radius"]
        self.radius = ball(exact(radius)) if radius else (1 / ball(self.widths[0])).sqrt()
        self.start = json["start"]
        outputs = json["outputs"]
        self.pairs = comb(outputs, 2) if outputs > 1 else 1
        self.unbiased = json["bias"] is None
        self.relative = self.squares(json["bias"], json["gain"])
        self.straight = json["norm"] is None
        self.trained = json["trained"]

    def squares(self, size, gain):
        """The squares of the relative biases, layer 1 to L+1 (model: README.md of proofs)."""
        if size is None:
            return [Fraction(0)] * (self.depth + 1)
        if gain is None:
            return [exact(size) ** 2] * (self.depth + 1)
        # beta_i = tau/g^i at ||x||^2 = d: v_0 = 1, s_i^2 = beta_i^2/v_{i-1}.
        tau, gain, signal, list_ = ball(exact(size)), ball(exact(gain)), ball(1), []
        for i in range(1, self.depth + 2):
            square = (tau / gain**i) ** 2 / signal
            signal *= self.kept() * (1 + square)
            list_.append(square)
        return list_

    def kept(self):
        return (1 + self.slope_square) / 2

    def relative_square(self, i):
        return ball(self.relative[i - 1])

    def bias_variances(self):
        """beta_i^2 in units of ||x||^2/d, with a 0 in front: index i is layer i."""
        signal, variances = ball(1), [ball(0)]
        for i in range(1, self.depth + 2):
            square = self.relative_square(i)
            variances.append(square * signal)
            signal *= self.kept() * (1 + square)
        return variances


class Events:
    """The events of one row. A formula asks for the share of each that it rests on."""

    def __init__(self, rows, layers):
        self.shares, self.sizes, self.total = {}, {}, Fraction(0)
        self.keys, self.layers = {}, {}
        for event in rows:
            each = exact(event["each"])
            if not 0 < each < 1:
                raise Refused(f"the event {event['name']} has no probability")
            span = event["layers"]
            places = [0] if span is None else range(span[0], span[1] + 1)
            if span is not None and not 1 <= span[0] <= span[1] <= layers + 9:
                raise Refused(f"the event {event['name']} is in no layer")
            sizes = [int(size) for size in event["sizes"]]
            if sizes and len(sizes) != len(places):
                raise Refused(f"the event {event['name']} has sizes of other layers")
            for at, layer in enumerate(places):
                key = (event["name"], layer)
                if key in self.shares:
                    raise Refused(f"the event {key[0]} is there twice")
                self.shares[key] = each
                self.total += each
                if sizes:
                    self.sizes[key] = sizes[at]
                self.layers.setdefault(layer, []).append((key[0], each, self.sizes.get(key)))

    def up_to(self, layer):
        """What tells the events in layers 1 .. `layer` from others."""
        if layer not in self.keys:
            own = sorted(
                e[:2] + (e[2] or 0,) for e in self.layers.get(layer, []) if e[0] not in OWN
            )
            before = self.up_to(layer - 1) if layer > 1 else ()
            self.keys[layer] = KEYS.setdefault((before, tuple(own)), len(KEYS) + 1)
        return self.keys[layer]

    def has(self, name, layer=0):
        return (name, layer) in self.shares

    def exact(self, name, layer=0):
        """The probability of an event."""
        key = (name, layer)
        if key not in self.shares:
            where = f" of layer {layer}" if layer else ""
            raise Refused(f"it rests on the event {name}{where}, which is not paid for")
        return self.shares[key]

    def share(self, name, layer=0):
        return ball(self.exact(name, layer))

    def nats(self, name, layer=0):
        """log(1/p)."""
        return -self.share(name, layer).log()

    def deviation(self, name, layer=0):
        """s = sqrt(2 log(1/p))."""
        return (2 * self.nats(name, layer)).sqrt()

    def size(self, name, layer):
        self.exact(name, layer)
        if (name, layer) not in self.sizes:
            raise Refused(f"the event {name} of layer {layer} has no size")
        return self.sizes[(name, layer)]


def printed(text):
    """A printed bound."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]+(\.[0-9]+)?(e-?[0-9]+)?", text):
        raise Refused(f"no number is printed: {str(text)[:40]}")
    if abs(int(text.partition("e")[2] or 0)) > 100000:
        raise Refused("a number out of range is printed")
    return exact(text)
