"""``walk(root)``: the list of steps of a backward pass, together with its views.

The list itself, and all there is to say about steps, is in ``steps.py``.  Here each view becomes a method: a walk is
printed as text (``text.py``), and shown as a page, in a terminal, in a notebook, as an animation.
"""

import os
import sys
from pathlib import Path
from typing import overload

from autograd import Value
from autograd.files import write
from visualize.steps import Steps
from visualize.text import as_text


class Walk(Steps):
    """The steps of one forward and backward pass over a graph, in order: index, slice, iterate, ``len``, print."""

    def __str__(self) -> str:
        return as_text(self)

    @overload
    def to_html(self, path: None = None) -> str: ...
    @overload
    def to_html(self, path: str | os.PathLike[str]) -> Path: ...
    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | Path:
        """The walk as a page to step through: one HTML file that needs nothing else and asks nobody for anything.

        Args:
            path: where to write it; None gives the HTML as text.

        >>> walk(Value(2.0) * 3).to_html().startswith("<!doctype html>")
        True
        """
        from visualize.page import page

        return page(self) if path is None else write(path, page(self))

    def show(self, height: int = 720) -> None:
        """Display the stepping page: in a notebook below the cell, in a frame of its own, else in the web browser.

        Args:
            height: of the frame, in pixels.
        """
        from visualize.notebook import show

        show(self.to_html(), f"Backpropagation of {self.name[self.root]}", height)

    def terminal(self) -> None:
        """Step through the walk in this terminal: ← → Home End, space to play, q to leave.

        Where input or output is no terminal, the walk is printed as text.

        Raises:
            MissingExtraError: Textual is not installed.
        """
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            print(self)
            return
        from autograd.extra import extra

        extra("textual", "terminal")
        from visualize.terminal import StepApp

        StepApp(self).run()

    def to_gif(self, path: str | os.PathLike[str], *, seconds: float = 1.2, progress: bool = True) -> Path:
        """Write the walk as an animated GIF, one frame for each edge of the chain rule.

        Args:
            path: the file to write.
            seconds: how long a frame stays, in seconds; at least 0.02.
            progress: whether a progress bar is shown.

        Raises:
            LengthError: ``seconds`` is less than 0.02.
            MissingExtraError: matplotlib is not installed.
        """
        from visualize.animation import to_gif

        return to_gif(self, path, seconds=seconds, progress=progress)


def walk(root: Value) -> Walk:
    """The list of steps of a forward and backward pass over the graph under ``root``.

    Raises:
        OpaqueNodeError: a node's backward rule was assigned by hand.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> for term in walk(a * b)[1].contributions:
    ...     print(f"{term.upstream} × {term.formula} = {term.contribution}; {term.before} + … = {term.after}")
    1.0 × b = -3.0; 0.0 + … = -3.0
    1.0 × a = 2.0; 0.0 + … = 2.0
    """
    return Walk(root)
