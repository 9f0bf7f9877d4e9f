"""What is noted about a node beside its numbers: a label, the line of code that made it, the modules it belongs to.

What does not live here: who notes them (``modes.py``), and who shows them.
"""

from typing import Any

from autograd.graph import Node
from autograd.modes import Source


class Noted(Node):
    """A node that may have notes; most have none, and then their slot stays empty."""

    __slots__ = ("_extra",)

    _extra: dict[str, Any]

    @property
    def notes(self) -> dict[str, Any]:
        """What is known of this node beyond its numbers: label, source, scope; made when first asked for."""
        try:
            return self._extra
        except AttributeError:
            self._extra = {}
            return self._extra

    def _note(self, name: str, default: Any) -> Any:
        try:
            return self._extra.get(name, default)
        except AttributeError:
            return default

    @property
    def label(self) -> str:
        """The name shown in drawings and error texts; empty if there is none."""
        label: str = self._note("label", "")
        return label

    @label.setter
    def label(self, text: str) -> None:
        self.notes["label"] = str(text)

    @property
    def source(self) -> Source | None:
        """The line of code that made this node, if it was made under ``provenance()``."""
        source: Source | None = self._note("source", None)
        return source

    @property
    def scope(self) -> tuple[str, ...]:
        """The modules this node was made in, outermost first, if it was made under ``provenance()``."""
        scope: tuple[str, ...] = self._note("scope", ())
        return scope
