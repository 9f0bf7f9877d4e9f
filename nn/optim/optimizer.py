"""Optimizer: what every optimiser shares: its parameters, the options of each group of them, and what it remembers.

    optimizer = Adam(model.parameters(), lr=0.01)
    for x, y in data:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

A subclass gives its options, checks them, says what it remembers of a parameter, and defines ``rule``: from a number
and its gradient to the new number.  This file walks the parameters: groups, frozen ones, and the count of steps.  The
rules stand in ``sgd.py`` and ``adaptive.py``; how a rule is carried out on many numbers in ``rows.py``; many steps on
one vector in ``flat.py``; rates that change over time in ``schedule.py``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import autograd
from autograd import AutogradError, Value
from nn.errors import OptionError, OptionTypeError, StateDictError
from nn.optim.rows import Arithmetic, Move, Row, Rows, rows_for
from nn.options import at_least_zero, flag, listed, shown

Group = dict[str, Any]
"""Parameters that share their options: ``{"params": [...], "lr": 0.01, ...}``."""

Options = Mapping[str, Any]
"""A group's options, numbers as plain floats."""


@dataclass
class Memory:
    """What an optimiser remembers of the parameters of one group; never changed in place."""

    steps: int | list[int] = 0
    """How often they were updated: one count for all, or one each where some were frozen for a while."""
    rows: dict[str, Row] = field(default_factory=dict)
    """Each remembered quantity by PyTorch's name for it, one entry a parameter."""


class Optimizer:
    """Base of the optimisers.

    Args:
        params: Values, or groups ``{"params": values, "lr": ..., ...}`` that each have options of their own.
        defaults: every option of this optimiser, for what a group leaves open.

    Raises:
        OptionError: no parameters, one that is no leaf or stands there twice, or an option outside its range.
    """

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self.memory: list[Memory] = []
        given: list[Any] = [params] if isinstance(params, Value | Mapping) else _parameters(params)
        if not given:
            raise OptionError("there is nothing to optimise: the list of parameters is empty")
        if not any(isinstance(entry, Mapping) for entry in given):
            given = [{"params": given}]
        for group in given:
            self.add_param_group(group)

    def add_param_group(self, group: Any) -> None:
        """Take on further parameters: ``{"params": values}`` with options where they differ from the defaults.

        Raises:
            OptionError: as for the constructor.
        """
        if not isinstance(group, Mapping) or "params" not in group:
            raise OptionTypeError(f'a group of parameters is a dict with an entry "params"; got {shown(group)}')
        if unknown := [name for name in group if name not in {"params", "initial_lr", *self.defaults}]:
            raise OptionError(
                f"{type(self).__name__} has no option {unknown[0]!r}; its options are {', '.join(self.defaults)}"
            )
        params = [group["params"]] if isinstance(group["params"], Value) else _parameters(group["params"])
        known = {p for other in self.param_groups for p in other["params"]}
        for p in params:
            if not isinstance(p, Value):
                raise OptionTypeError(f"parameters are Values; got {shown(p)}")
            if not p.is_leaf:
                raise OptionError(f"{p!r} is the result of an operation; an optimiser changes leaves")
            if p in known:
                raise OptionError(f"the parameter {p.label or p!r} is there twice, and would be updated twice a step")
            known.add(p)
        complete = {"params": params, **self.defaults, **{k: v for k, v in group.items() if k != "params"}}
        self.check(complete)
        self.param_groups.append(complete)
        self.memory.append(Memory())

    # for a subclass to define ---------------------------------------------------------------------------------------

    def check(self, group: Group) -> None:
        """Raise ``OptionError`` for an option outside its range."""
        for name in ("lr", "eps", "weight_decay", "momentum"):
            if name in group:
                group[name] = at_least_zero(name, group[name])
        group["maximize"] = flag("maximize", group.get("maximize", False))

    def remembers(self, options: Options) -> dict[str, float | None]:
        """What is remembered of each parameter, by PyTorch's names, and what it starts from; None for nothing yet."""
        return {}

    def rule(self, options: Options, t: int, m: Arithmetic) -> Move:
        """One step of one parameter, ``(x, g, *remembered) -> (x, *remembered)``.

        Args:
            options: the group's.
            t: how often the parameter will have been updated, from 1.
            m: the arithmetic beyond + - * /: ``m.sqrt`` and ``m.maximum``.

        ``x``, ``g`` and what is remembered are numbers, or arrays of one number a parameter; the rule changes none of
        them in place, so it writes ``g = g + decay * x`` and not ``g += decay * x``.
        """
        raise NotImplementedError(f"{type(self).__name__} is a base without a rule: define rule in it")

    # the walk -------------------------------------------------------------------------------------------------------

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradient of every parameter back to zero.

        Args:
            set_to_none: PyTorch's; a gradient is always a number here, so True and False both mean 0.0.
        """
        flag("set_to_none", set_to_none)
        for group in self.param_groups:
            autograd.write_grads(group["params"], 0.0)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that is not frozen, by its gradient.

        Args:
            closure: if given, called first: it computes the loss and its gradients; its result is returned.
        """
        loss = None if closure is None else closure()
        for place, (group, memory) in enumerate(zip(self.param_groups, self.memory, strict=True)):
            params = group["params"]
            m = rows_for(len(params))
            x, g = m.row(autograd.read_data(params)), m.row(autograd.read_grads(params))
            x, self.memory[place] = self.moved(m, group, memory, x, g, free(params))
            autograd.write_data(params, x)
        return loss

    def moved(
        self, m: Rows, group: Group, memory: Memory, x: Row, g: Row, free: list[int] | None
    ) -> tuple[Row, Memory]:
        """A group's new numbers and memory; what is given stays as it is.

        Args:
            m: the kind of row that ``x`` and ``g`` are.
            group: for its options.
            memory: what is remembered, in rows of any kind: a loaded state and a compiled training leave lists.
            x: the parameters' numbers.
            g: their gradients.
            free: the places of those that are not frozen; None for all.
        """
        if not len(x):
            return x, memory
        options = plain_options(group)
        if free is None and isinstance(memory.steps, int):
            t, starts = memory.steps + 1, self.remembers(options)
            kept = {name: m.as_row(row) for name, row in memory.rows.items()}
            columns = remembered(m, kept, starts, len(x))
            x, *rows = m.advance(self.stepping(options, t), [x, g, *columns])
            return x, Memory(t, {**kept, **dict(zip(starts, rows, strict=True))})
        return self._moved_by_count(m, options, memory, x, g, list(range(len(x))) if free is None else free)

    def _moved_by_count(
        self, m: Rows, options: Options, memory: Memory, x: Row, g: Row, free: list[int]
    ) -> tuple[Row, Memory]:
        """The slow way, where some parameters are or were frozen: those with one count of steps move together."""
        x, starts, n = m.row(x), self.remembers(options), len(x)
        steps = [memory.steps] * n if isinstance(memory.steps, int) else list(memory.steps)
        rows = {name: m.row(m.as_row(row)) for name, row in memory.rows.items()}
        together: dict[int, list[int]] = {}
        for index in free:
            together.setdefault(steps[index], []).append(index)
        for count, places in together.items():
            part = {name: m.pick(row, places) for name, row in rows.items()} if count else {}
            columns = [m.pick(x, places), m.pick(g, places), *remembered(m, part, starts, len(places))]
            moved, *kept = m.advance(self.stepping(options, count + 1), columns)
            m.put(x, places, moved)
            for name, row in zip(starts, kept, strict=True):
                m.put(rows.setdefault(name, m.row([0.0] * n)), places, row)
            for i in places:
                steps[i] = count + 1
        return x, Memory(steps[0] if steps and len(set(steps)) == 1 else steps, rows)

    def stepping(self, options: Options, t: int) -> Callable[[Arithmetic], Move]:
        """The rule in the arithmetic of a kind of row; uphill where that is asked for."""

        def rule(m: Arithmetic) -> Move:
            move = self.rule(options, t, m)
            return (lambda x, g, *kept: move(x, -g, *kept)) if options["maximize"] else move

        return rule

    # state ----------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Options and memory as a copy in plain dicts, lists and numbers, ready for JSON.

        ``{"param_groups": [{"params": how many, "lr": ..., ...}], "state": [{"step": ..., name: [numbers]}]}``
        """
        return {
            "param_groups": [{**group, "params": len(group["params"])} for group in self.param_groups],
            "state": [
                {
                    "step": list(memory.steps) if isinstance(memory.steps, list) else memory.steps,
                    **{name: list(map(float, row)) for name, row in memory.rows.items()},
                }
                for memory in self.memory
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over options and memory of the same kind of optimiser over as many parameters.

        Raises:
            StateDictError: the state belongs to other groups of parameters, or to another kind of optimiser; nothing
                is changed then.
        """
        try:
            groups, states = list(state_dict["param_groups"]), list(state_dict["state"])
            sizes, own = [group["params"] for group in groups], [len(group["params"]) for group in self.param_groups]
            if sizes != own or len(states) != len(own):
                raise StateDictError(f"the state is of groups of {sizes} parameters; this optimiser has {own}")
            complete: list[Group] = []
            memories: list[Memory] = []
            for mine, group, state in zip(self.param_groups, groups, states, strict=True):
                if unknown := [name for name in group if name not in {"params", "initial_lr", *self.defaults}]:
                    raise StateDictError(
                        f"this is the state of another kind of optimiser: {type(self).__name__} has no option "
                        f"{unknown[0]!r}; its options are {', '.join(self.defaults)}"
                    )
                complete.append({**mine, **group, "params": mine["params"]})
                self.check(complete[-1])
                memories.append(_memory_of(state, len(mine["params"])))
        except (AutogradError, KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, AutogradError):
                raise
            raise StateDictError(f"this is no state of an optimiser, as state_dict() gives it: {error!r}") from None
        self.param_groups[:] = complete
        self.memory = memories

    def __repr__(self) -> str:
        parts = []
        for group in self.param_groups:
            options = ", ".join(f"{name}={value}" for name, value in group.items() if name != "params")
            parts.append(f"{len(group['params'])} parameters, {options}")
        return f"{type(self).__name__}({'; '.join(parts)})"


def free(params: list[Value]) -> list[int] | None:
    """The places of the parameters that are not frozen; None where none is."""
    if set(map(type, params)) <= {Value}:
        return None
    places = [i for i, p in enumerate(params) if p.requires_grad]
    return None if len(places) == len(params) else places


def remembered(m: Rows, rows: Mapping[str, Row], starts: Mapping[str, float | None], n: int) -> list[Row]:
    """A row for each quantity; where nothing is remembered yet, of what it starts from."""
    found: list[Row] = []
    for name, start in starts.items():
        if name in rows:
            found.append(rows[name])
        else:
            found.append(None if start is None else m.row([start] * n))
    return found


def plain_options(group: Group) -> Options:
    """A group's options, what is a number as a float, whatever library it came from."""
    return {
        name: option if isinstance(option, bool | tuple | list) else float(option)
        for name, option in group.items()
        if name != "params"
    }


def _memory_of(state: Mapping[str, Any], size: int) -> Memory:
    steps: int | list[int] = state["step"] if isinstance(state["step"], int) else [int(n) for n in state["step"]]
    rows = {name: [float(number) for number in numbers] for name, numbers in state.items() if name != "step"}
    lengths = {name: len(row) for name, row in rows.items()}
    if isinstance(steps, list):
        lengths["step"] = len(steps)
    for name, length in lengths.items():
        if length != size:
            raise StateDictError(f"the state's {name!r} has {length} entries for {size} parameters")
    return Memory(steps, dict(rows))


def _parameters(given: Any) -> list[Any]:
    return listed("params", given, "a list of Values, as model.parameters() gives it")
