"""The stepping page within a notebook: a frame of its own, so that its style, script and ids touch nothing around it.

The frame is sandboxed: its script runs, but has no access to the notebook, its cookies or its kernel.  Outside of a
notebook the page opens in the web browser.  What does not live here: the page (``page/``).
"""

import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

from autograd.files import write
from visualize.escape import attribute_document, markup_text


class Frame:
    """An HTML document that a notebook displays in a sandboxed frame."""

    def __init__(self, document: str, title: str, height: int) -> None:
        self.document, self.title, self.height = document, title, height

    def _repr_html_(self) -> str:
        return (
            f'<iframe sandbox="allow-scripts" width="100%" height="{self.height}" frameborder="0" '
            f'title="{markup_text(self.title)}" srcdoc="{attribute_document(self.document)}"></iframe>'
        )

    def __repr__(self) -> str:
        return self.title


def show(document: str, title: str, height: int = 720) -> None:
    """Display ``document`` below the notebook's cell, or in the web browser where there is no notebook."""
    kernel = _kernel()
    if kernel is not None:
        kernel.display_pub.publish({"text/html": Frame(document, title, height)._repr_html_(), "text/plain": title})
        return
    path = write(Path(tempfile.mkdtemp(prefix="chainrule-"), "steps.html"), document)
    print(f"{title}: {path}" if not webbrowser.open(path.as_uri()) else f"{title}: opened {path}")


def _kernel() -> Any:
    """The running notebook's shell, or None in a script and in a terminal."""
    ipython = sys.modules.get("IPython")  # where a notebook runs, it is imported already
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None
