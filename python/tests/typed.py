"""What type checkers see; mypy reads it, nothing runs it."""

from typing_extensions import assert_type

import relubound


def returned(arrays: list[object]) -> None:
    assert_type(relubound.check("784,512", delta=0.05, stages=["flip"]), relubound.Run)
    assert_type(relubound.check(network=arrays, inputs=arrays), relubound.Inputs)
    assert_type(relubound.check([784, 512], shard="1/8"), relubound.Part)
    assert_type(relubound.check("784,512", dry_run=True), str)
    assert_type(relubound.explore(depths=range(1, 5)), relubound.Study)
    assert_type(relubound.explore(shard="1/8"), relubound.Part)
    assert_type(relubound.bounds("784,512").rows, list[relubound.Row])
    assert_type(relubound.growth(depths="1..5"), relubound.Growth)


def refused() -> None:
    # An option that is misspelt is an error, also before anything is run.
    relubound.check("784,512", trails=3)  # type: ignore[call-overload]
    relubound.bounds(delta=[])  # type: ignore[arg-type]
