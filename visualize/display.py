"""What a notebook shows of a Value: its text, and the drawing of its graph.

``Value._repr_mimebundle_`` calls this, and imports it only then.  What does not live here: the drawing (``svg.py``).
"""

from autograd import AutogradError, Value
from visualize.svg import to_svg


def mimebundle(value: Value) -> dict[str, str]:
    """The value as text and as SVG; changes nothing, and draws at most ``picture.LIMIT`` boxes.

    A graph too large for that is folded, and a line under the drawing says so.  Where it cannot be drawn at all (its
    parents were assigned into a cycle), the text says why.

    >>> sorted(mimebundle(Value(2.0) * 3))
    ['image/svg+xml', 'text/plain']
    """
    try:
        return {"text/plain": repr(value), "image/svg+xml": to_svg(value)}
    except AutogradError as error:
        return {"text/plain": f"{value!r}\n(not drawn: {error})"}
