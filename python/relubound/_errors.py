"""What is raised."""

from __future__ import annotations

from typing import Any


class Error(ValueError):
    """Something that cannot be used, in the one line that the command says.

    ``kind`` is ``"parameter"`` (a value), ``"resources"`` (memory, threads), ``"file"`` or
    ``"crash"`` (a bug); ``parameter`` is the option that it is about, ``""`` for none.
    """

    def __init__(self, text: str, kind: str = "parameter", parameter: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.parameter = parameter

    def __reduce__(self) -> tuple[Any, ...]:
        return Error, (self.args[0], self.kind, self.parameter)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, or another signal, ended it. ``run`` is what was finished by then: a result as
    without the interrupt, whose ``complete`` says that it is not all."""

    def __init__(self, run: Any) -> None:
        super().__init__("interrupted: .run of this exception has what was finished")
        self.run = run
