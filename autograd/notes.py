"""What is noted about a node beside its numbers: a label, the line of code that made it, the modules it belongs to.

What does not live here: who notes them (``modes.py``), and who shows them.
"""

from typing import Any

from autograd.graph import Annotated, Node
from autograd.modes import Source


class Noted(Node):
    """A node that may have notes; most have none."""

    __slots__ = ()

    @property
    def notes(self) -> dict[str, Any]:
        """What is known of this node beyond its numbers: label, source, scope; made when first asked for."""
        row = self._row
        if not isinstance(row, Annotated):
            row = self._row = Annotated(row)
        return row.notes

    def _note(self, name: str, default: Any) -> Any:
        return self._row.notes.get(name, default) if isinstance(self._row, Annotated) else default

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
