"""The proofs: list them, read one, verify their numeric facts, draw which uses which."""

from __future__ import annotations

import json
from typing import Any, cast

from . import _native

__all__ = ["Proof", "graph", "list", "show", "verify"]


class Proof:
    """A proof, with what it uses and the code that evaluates it."""

    def __init__(self, found: tuple[str, str, str]) -> None:
        self._json, self._text, self._html = found

    @property
    def results(self) -> dict[str, Any]:
        """Everything."""
        return cast("dict[str, Any]", json.loads(self._json))

    def json(self) -> str:
        """Everything, for scripts."""
        return self._json

    def html(self) -> str:
        """One self-contained page with formulas, and the proofs that this one refers to."""
        return self._html

    def text(self) -> str:
        """As it is written, in Markdown with TeX formulas."""
        from ._results import _plain

        return _plain(self._text)

    def __str__(self) -> str:
        return self.text()

    def _repr_markdown_(self) -> str:
        return self.text()


def show(name: str) -> Proof:
    """The proof of a statement (``"output.upper"``), a certificate (``"collapse.phi"``), or a
    section of a file (``"direct.md#recursion"``).

    :raises relubound.Error: a name that is none's; it lists those that are near."""
    return Proof(_native.proofs_show(name))


def verify(*names: str) -> Any:
    """Verifies numeric facts that proofs use, each over its whole range: certificates, or labels
    for those that their proofs use; all without names."""
    return json.loads(_native.proofs_verify([*names]))


def graph() -> str:
    """Which proof uses which, as a picture in SVG."""
    return _native.proofs_graph()


# The last one: it has the name of a type.
def list() -> Any:
    """Every statement: how far it is established, and where its proof is."""
    return json.loads(_native.proofs_list())
