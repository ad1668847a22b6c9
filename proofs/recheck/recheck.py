"""Evaluates the bounds of certificates from the formulas of the proofs, in ball arithmetic."""

import json
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction

import flip
import near
import other
import pair
import plain
from balls import ball, exact
from certificate import Events, Given, Refused, printed
from moments import NotRechecked, gradient_lower, output_upper

ROUTES = {"comparison": near, "plain": plain}


def value(given, events, row):
    """The bound of a row by the proofs, at its events."""
    label, way, layer, depth = row["statement"], row["way"], row["layer"], given.depth
    if label == "output.upper" and way in ("moment", "split"):
        return output_upper(given, events, way)
    if label == "gradient.lower" and way in ("moment", "split"):
        return gradient_lower(given, events, way)
    if way in ROUTES and label.startswith("bottleneck."):
        return ROUTES[way].bottleneck(given, events, label.partition(".")[2], layer)
    if way in ROUTES and label == "linearity.term":
        return ROUTES[way].terms(given, events, layer, False)
    if way in ROUTES and label in ("linearity.gradient", "linearity.affine"):
        return ROUTES[way].terms(given, events, depth, True)
    if label == "linearity.affine" and way == "affine":
        return near.affine(given, events)
    if label == "flip.step" and events.has("affine", 1):
        return flip.step(given, events, printed(row["printed"]))
    if label == "collapse.envelope":
        return other.envelope(given)
    if label == "collapse.pair" and way in ("chernoff", "bernstein", "moments"):
        return pair.angle(given, events, way, layer)
    if label == "collapse.bias":
        return other.shortest(given, events)
    raise NotRechecked(f"by {way}" if way else "no formula yet")


def is_vacuous(row):
    upper = row["direction"] == "upper"
    return row["printed"] == ("∞" if upper else "0")


def judge(given, row):
    """One of `accepted`, `refused`, `not rechecked`, `nothing printed`, and why."""
    key = row["statement"] + (f"[{row['layer']}]" if row["layer"] else "")
    try:
        exempt = row["test"] == "identity" and row["statement"] != "collapse.envelope"
        if exempt or row["test"] in ("law", "measure", "outside"):
            return key, "nothing claimed", row["test"]
        if is_vacuous(row):
            return key, "nothing claimed", "vacuous"
        claimed = printed(row["printed"])
        events = Events(row["events"], given.depth)
        # Of several outputs a bound holds for all pairs, with a share each (flip.md#classes).
        limit = exact_share(row)
        if events.total * given.pairs > limit:
            return key, "refused", "its events cost more than its probability of failure"
        if row["statement"] == "flip.least" and events.has("affine", 1):
            before = exact(row["value"])
            good = claimed >= before and flip.least(given, events, before)
            return key, "accepted" if good else "refused", "the sign is not proved to change"
        found = value(given, events, row)
        if not found.is_finite():
            return key, "refused", "its value is not a number"
        upper = row["direction"] == "upper"
        good = ball(claimed) >= found if upper else ball(claimed) <= found
        said = f"{row['printed']} printed, {found.str(12, radius=False)} by the proofs"
        return key, "accepted" if good else "refused", said
    except NotRechecked as why:
        return key, "not rechecked", str(why)
    except (Refused, ValueError, ZeroDivisionError) as why:
        return key, "refused", str(why)


def exact_share(row):
    if row["delta"] is None:
        return Fraction(1) if not row["events"] else Fraction(0)
    return exact(row["delta"])


def check(certificate):
    """The judgements of all rows."""
    if certificate.get("certificate") != 1:
        raise ValueError("no certificate of form 1")
    given = Given(certificate["given"])
    for row in certificate["rows"]:
        if row["delta"] is not None and exact_share(row) > given.delta:
            key = row["statement"]
            yield key, "refused", "it may fail with more than delta"
            continue
        yield judge(given, row)


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def judged(path):
    return path, list(check(read(path)))


def main(paths):
    counts, left = Counter(), Counter()
    with ProcessPoolExecutor() as pool:
        for path, rows in pool.map(judged, paths):
            for key, verdict, why in rows:
                counts[verdict] += 1
                if verdict == "not rechecked":
                    left[f"{key.partition('[')[0]} ({why})"] += 1
                if verdict == "refused":
                    print(f"{path}: {key}: refused: {why}")
    for label, count in sorted(left.items()):
        print(f"not rechecked: {label}: {count}")
    kinds = ("accepted", "refused", "not rechecked", "nothing claimed")
    print(f"{len(paths)} networks: " + ", ".join(f"{counts[kind]} {kind}" for kind in kinds))
    return 1 if counts["refused"] or not counts["accepted"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
