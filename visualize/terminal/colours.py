"""What the terminal's parts share: the dark theme, and the page's three roles in colours that stand out on it."""

from typing import Final

from visualize.theme import THEMES

DARK: Final = THEMES["dark"]
MUTED: Final = DARK.muted
UPSTREAM: Final = "#b7a6ff"
"""The gradient that comes in,"""
LOCAL: Final = "#4fd1b8"
"""the local derivative,"""
GIVES: Final = "#ff8fb0"
"""and their product."""
PRESENT: Final = "on #3a3352"
"""Behind what the present moment is about."""
NAME: Final = 24
"""How many characters of a name are shown."""
