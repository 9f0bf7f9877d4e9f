"""The equation of a moment, in words and numbers: upstream × local = contribution, before + contribution = after.

What does not live here: the numbers, which all stand in the list of steps (``visualize/steps.py``).
"""

from typing import Final

from rich.text import Text

from visualize.derivative import number
from visualize.escape import visible
from visualize.terminal.colours import GIVES, LOCAL, MUTED, NAME, UPSTREAM
from visualize.terminal.moments import Stepper
from visualize.text import equation, equation_in_numbers

HEADING: Final = 30
"""How many characters of an equation stand above the chain rule, which is to stay in sight."""


def said(stepper: Stepper) -> Text:
    """The equation of the present moment, in words and numbers."""
    walk, moment = stepper.walk, stepper.moment
    root = visible(walk.name[walk.root], NAME)
    if moment.node is None:
        return Text(f"The graph of {root}, {len(walk.nodes)} nodes. Press → to compute it node by node, and then its "
                    "gradients edge by edge.")  # fmt: skip
    name = visible(walk.name[moment.node], NAME)
    text = Text()
    if moment.kind == "forward":
        text.append("forward\n", style=MUTED)
        text.append(f"{name} = {visible(equation(walk, moment.node))}\n{' ' * len(name)} = ")
        return text.append(f"{visible(equation_in_numbers(moment.node))} = {number(moment.node.data)}")
    if moment.kind == "seed":
        text.append("backward begins at the root\n", style=MUTED)
        return text.append(f"∂{root}/∂{root} = ").append("1", style=f"bold {UPSTREAM}")
    if moment.term is None:
        text.append("backward\n", style=MUTED)
        return text.append(f"∂{root}/∂{name} = {number(stepper.gradient[moment.node])}: nothing to send back from here")
    term, parent = moment.term, visible(walk.name[moment.term.parent], NAME)
    assert moment.backward is not None
    count = len(moment.backward.contributions)
    which = moment.backward.contributions.index(term) + 1
    above = f"{name} = {visible(equation(walk, moment.node), HEADING)}"
    text.append(f"backward through {above}, edge {which} of {count}\n", style=MUTED)
    text.append("upstream        ", style=MUTED).append(f"∂{root}/∂{name} = ")
    text.append(f"{number(term.upstream)}\n", style=f"bold {UPSTREAM}")
    text.append("local           ", style=MUTED).append(f"∂{name}/∂{parent} = ")
    digits = number(term.partial)
    text.append("" if term.formula == digits else f"{visible(term.formula)} = ").append(
        f"{digits}\n", style=f"bold {LOCAL}"
    )
    text.append("contribution    ", style=MUTED).append(number(term.upstream), style=UPSTREAM).append(" × ")
    text.append(digits, style=LOCAL).append(" = ").append(f"{number(term.contribution)}\n", style=f"bold {GIVES}")
    text.append("before + contribution = after    ", style=MUTED).append(f"{parent}.grad: {number(term.before)} + ")
    return text.append(number(term.contribution), style=GIVES).append(" = ").append(number(term.after), style="bold")
