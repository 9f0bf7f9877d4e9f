"""The errors that only ``visualize`` raises; all others are ``autograd``'s own."""

from autograd import AutogradError


class DrawingError(AutogradError, ValueError):
    """A drawing was asked for in a way there is none: an unknown theme, layout, direction or file suffix."""
