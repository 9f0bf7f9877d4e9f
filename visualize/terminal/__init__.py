"""Stepping in the terminal: the graph, the equation of the present moment and the table of gradients, by Textual.

    moments.py     the walk cut into moments, and the gradients at each
    tree.py        the graph as lines
    panes.py       the graph and the table on the screen
    equation.py    the chain rule in words and numbers

Here: the app and its keys, which are the page's.  ← and → go one moment back and forth, Home and End to the ends,
space plays; a click on a node goes to the next moment that concerns it.  Only ``Walk.terminal`` imports this package,
for it needs Textual.
"""

from typing import ClassVar, Final

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Footer, Static

from visualize.escape import visible
from visualize.steps import Steps
from visualize.terminal.colours import DARK, GIVES, NAME, UPSTREAM
from visualize.terminal.equation import said
from visualize.terminal.moments import Stepper
from visualize.terminal.panes import Chosen, Gradients, Graph

SECONDS: Final = 0.9
"""How long a moment stays while playing."""


class StepApp(App[None]):
    """The stepping view of one walk."""

    TITLE = "chainrule"
    ENABLE_COMMAND_PALETTE = False
    CSS = f"""
    Screen {{ background: {DARK.background}; color: {DARK.text}; }}
    #where {{ height: 1; padding: 0 1; background: {DARK.box}; }}
    #panes {{ height: 1fr; }}
    Lines {{
        border: round {DARK.border}; border-title-color: {DARK.muted}; padding: 0 1; background: {DARK.background};
        scrollbar-color: {DARK.border}; scrollbar-background: {DARK.background};
        scrollbar-corner-color: {DARK.background};
    }}
    #graph {{ width: 1fr; }}
    #gradients {{ max-width: 60%; }}
    #equation {{ height: 8; border: round {UPSTREAM}; padding: 0 1; border-title-color: {DARK.muted}; }}
    Footer {{ background: {DARK.box}; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "step(1)", "forth", key_display="→"),
        Binding("left", "step(-1)", "back", key_display="←"),
        Binding("home", "go(0)", "first", key_display="Home"),
        Binding("end", "last", "last", key_display="End"),
        Binding("space", "play", "play or pause", key_display="space"),
        Binding("q,escape,ctrl+c", "quit", "quit", key_display="q"),
    ]

    def __init__(self, walk: Steps) -> None:
        super().__init__()
        self.stepper = Stepper(walk)
        self.playing: Timer | None = None

    def compose(self) -> ComposeResult:
        """The panes."""
        yield Static(id="where")
        with Horizontal(id="panes"):
            yield Graph(self.stepper)
            yield Gradients(self.stepper)
        yield Static(id="equation")
        yield Footer()

    def on_mount(self) -> None:
        """Show the first moment."""
        root = visible(self.stepper.walk.name[self.stepper.walk.root], NAME)
        gradients = self.query_one(Gradients)
        gradients.styles.width = gradients.virtual_size.width + 4  # with its frame; the graph has all the rest
        self.query_one(Graph).border_title = "graph"
        gradients.border_title = Text(f"node, value, ∂{root}/∂node")
        self.query_one("#equation").border_title = "chain rule"
        self.query_one("#equation").border_subtitle = Text(visible(self.stepper.walk.note))
        self.call_after_refresh(self.go, 0)

    def go(self, to: int) -> None:
        """Show the moment with this number."""
        stepper = self.stepper
        stepper.go(to)
        last = len(stepper.moments) - 1
        done = round(30 * stepper.at / last)
        where = Text(f"moment {stepper.at} of {last}   step {stepper.moment.step} of {len(stepper.walk)}   ")
        where.append("━" * done, style=UPSTREAM).append("━" * (30 - done), style=DARK.cluster)
        where.append("   playing" if self.playing else "", style=GIVES)
        self.query_one("#where", Static).update(where)
        self.query_one("#equation", Static).update(said(stepper))
        self.query_one(Graph).follow()
        self.query_one(Gradients).follow()

    def on_chosen(self, chosen: Chosen) -> None:
        """Go to the next moment that concerns the node that was clicked."""
        self.action_go(self.stepper.next_of(chosen.node))

    def action_go(self, to: int) -> None:
        """Go to a moment."""
        self._pause()
        self.go(to)

    def action_step(self, by: int) -> None:
        """Go some moments on or back."""
        self._pause()
        self.go(self.stepper.at + by)

    def action_last(self) -> None:
        """Go to the end."""
        self._pause()
        self.go(len(self.stepper.moments) - 1)

    def action_play(self) -> None:
        """Play from here, from the start if this is the end; or pause."""
        if self.playing:
            self._pause()
        else:
            if self.stepper.at == len(self.stepper.moments) - 1:
                self.stepper.go(0)
            self.playing = self.set_interval(SECONDS, self._next)
        self.go(self.stepper.at)

    def _next(self) -> None:
        if self.stepper.at >= len(self.stepper.moments) - 2:
            self._pause()
        self.go(self.stepper.at + 1)

    def _pause(self) -> None:
        if self.playing:
            self.playing.stop()
            self.playing = None
