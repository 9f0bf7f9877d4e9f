"""Optimizer: what all optimisers share, so that each of them is no more than its update rule.

    optimizer = nn.optim.Adam(model.parameters(), lr=0.01)
    for x, y in data:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

A subclass gives its options, checks them, and defines ``update``: from numbers, gradients and its memory to the new
numbers, all plain lists of floats, one entry a parameter.  This file walks the parameters: groups, frozen ones, and
the count of steps.  The rules stand in ``sgd.py`` and ``adaptive.py``; rates that change over time in ``schedule.py``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import autograd
from autograd import AutogradError, Value
from nn.errors import OptionError, StateDictError

Group = dict[str, Any]
"""Parameters that share their options: ``{"params": [...], "lr": 0.01, ...}``."""

Numbers = list[float]


@dataclass
class Memory:
    """What an optimiser remembers of the parameters of one group."""

    steps: int | list[int] = 0
    """How often they were updated: one count for all, or one each where some were frozen for a while."""
    lists: dict[str, Numbers] = field(default_factory=dict)
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
        self._memory: list[Memory] = []
        refuse_callable(params)
        given: list[Any] = [params] if isinstance(params, Value | Mapping) else list(params)
        if not given:
            raise OptionError("there is nothing to optimise: the list of parameters is empty")
        if not any(isinstance(entry, Mapping) for entry in given):
            given = [{"params": given}]
        for group in given:
            self.add_param_group(group)

    def add_param_group(self, group: Any) -> None:
        """Take on further parameters: ``{"params": values}`` with options where they differ from the defaults."""
        if not isinstance(group, Mapping) or "params" not in group:
            raise OptionError(f'a group of parameters is a dict with an entry "params"; got {group!r}')
        if unknown := [name for name in group if name not in {"params", "initial_lr", *self.defaults}]:
            raise OptionError(
                f"{type(self).__name__} has no option {unknown[0]!r}; its options are {', '.join(self.defaults)}"
            )
        params = group["params"]
        refuse_callable(params)
        params = [params] if isinstance(params, Value) else list(params)
        known = {p for other in self.param_groups for p in other["params"]}
        for p in params:
            if not isinstance(p, Value):
                raise OptionError(f"parameters are Values; got {p!r} of type {type(p).__name__}")
            if not p.is_leaf:
                raise OptionError(f"{p!r} is the result of an operation; an optimiser changes leaves")
            if p in known:
                raise OptionError(f"the parameter {p.label or p!r} is there twice, and would be updated twice a step")
            known.add(p)
        complete = {"params": params, **self.defaults, **{k: v for k, v in group.items() if k != "params"}}
        self.check(complete)
        self.param_groups.append(complete)
        self._memory.append(Memory())

    # for a subclass to define ---------------------------------------------------------------------------------------

    def check(self, group: Group) -> None:
        """Raise ``OptionError`` for an option outside its range."""
        for name in ("lr", "eps", "weight_decay", "momentum"):
            at_least_zero(group, name)

    def update(self, data: Numbers, grads: Numbers, memory: dict[str, Numbers], t: int, group: Group) -> Numbers:
        """The parameters' new numbers from the present ones; ``t`` counts their updates from 1."""
        raise NotImplementedError(f"{type(self).__name__} is a base without a rule: define update in it")

    # the walk -------------------------------------------------------------------------------------------------------

    def zero_grad(self) -> None:
        """Set the gradient of every parameter back to zero."""
        for group in self.param_groups:
            for p in group["params"]:
                p.zero_grad()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that is not frozen, by its gradient.

        Args:
            closure: if given, called first: it computes the loss and its gradients; its result is returned.
        """
        loss = None if closure is None else closure()
        for group, memory in zip(self.param_groups, self._memory, strict=True):
            params = group["params"]
            if isinstance(memory.steps, int) and set(map(type, params)) <= {Value}:
                memory.steps += 1
                self._move(group, params, memory.lists, memory.steps)
            else:
                self._move_by_count(group, params, memory)
        return loss

    def _move(self, group: Group, params: list[Value], memory: dict[str, Numbers], t: int) -> None:
        grads: Numbers = [p.grad for p in params]
        if not set(map(type, grads)) <= {float}:  # after backward(create_graph=True) they are Values
            grads = [float(g) for g in grads]
        if group["maximize"]:
            grads = [-g for g in grads]
        for p, number in zip(params, self.update([p.data for p in params], grads, memory, t, group), strict=True):
            p.data = number

    def _move_by_count(self, group: Group, params: list[Value], memory: Memory) -> None:
        """The slow way, where some parameters are or were frozen: those with one count of steps move together."""
        steps = [memory.steps] * len(params) if isinstance(memory.steps, int) else memory.steps
        together: dict[int, list[int]] = {}
        for index, p in enumerate(params):
            if p.requires_grad:
                together.setdefault(steps[index], []).append(index)
        for count, indices in together.items():
            part = {name: [numbers[i] for i in indices] for name, numbers in memory.lists.items()} if count else {}
            self._move(group, [params[i] for i in indices], part, count + 1)
            for name, numbers in part.items():
                whole = memory.lists.setdefault(name, [0.0] * len(params))
                for i, number in zip(indices, numbers, strict=True):
                    whole[i] = number
            for i in indices:
                steps[i] = count + 1
        memory.steps = steps[0] if steps and len(set(steps)) == 1 else steps

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
                    **{name: list(numbers) for name, numbers in memory.lists.items()},
                }
                for memory in self._memory
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over options and memory of the same kind of optimiser over as many parameters.

        Raises:
            StateDictError: the state belongs to other groups of parameters; nothing is changed then.
        """
        try:
            groups, states = list(state_dict["param_groups"]), list(state_dict["state"])
            sizes, own = [group["params"] for group in groups], [len(group["params"]) for group in self.param_groups]
            if sizes != own or len(states) != len(own):
                raise StateDictError(f"the state is of groups of {sizes} parameters; this optimiser has {own}")
            complete: list[Group] = []
            memories: list[Memory] = []
            for mine, group, state in zip(self.param_groups, groups, states, strict=True):
                complete.append({**mine, **group, "params": mine["params"]})
                self.check(complete[-1])
                memories.append(_memory_of(state, len(mine["params"])))
        except (AutogradError, KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, AutogradError):
                raise
            raise StateDictError(f"this is no state of an optimiser, as state_dict() gives it: {error!r}") from None
        self.param_groups[:] = complete
        self._memory = memories

    def __repr__(self) -> str:
        parts = []
        for group in self.param_groups:
            options = ", ".join(f"{name}={value}" for name, value in group.items() if name != "params")
            parts.append(f"{len(group['params'])} parameters, {options}")
        return f"{type(self).__name__}({'; '.join(parts)})"


def _memory_of(state: Mapping[str, Any], size: int) -> Memory:
    steps: int | list[int] = state["step"] if isinstance(state["step"], int) else [int(n) for n in state["step"]]
    lists = {name: [float(number) for number in numbers] for name, numbers in state.items() if name != "step"}
    lengths = {name: len(numbers) for name, numbers in lists.items()}
    if isinstance(steps, list):
        lengths["step"] = len(steps)
    for name, length in lengths.items():
        if length != size:
            raise StateDictError(f"the state's {name!r} has {length} entries for {size} parameters")
    return Memory(steps, lists)


def refuse_callable(params: Any) -> None:
    """Raise ``OptionError`` for a model, or its method ``parameters``, in the place of what that method gives."""
    if callable(params):
        raise OptionError(f"parameters are a list of Values, as model.parameters() gives it; got {params!r:.80}")


def at_least_zero(group: Group, name: str) -> None:
    """Raise ``OptionError`` where the option is there and is no number from 0 up."""
    number = group.get(name, 0.0)
    if isinstance(number, str) or not hasattr(number, "__float__") or not 0.0 <= number < float("inf"):
        raise OptionError(f"{name} must be a finite number from 0 up; got {group[name]!r}")


def below_one(name: str, number: float) -> None:
    """Raise ``OptionError`` for a decay rate outside [0, 1)."""
    if not 0.0 <= number < 1.0:
        raise OptionError(f"{name} must lie in [0, 1); got {number!r}")


def decayed(data: Numbers, grads: Numbers, weight_decay: float) -> Numbers:
    """The gradients with that of ½ · weight_decay · Σ x² added."""
    return [g + weight_decay * x for g, x in zip(grads, data, strict=True)] if weight_decay else grads


def moved(data: Numbers, rate: float, numerators: Numbers, denominators: Numbers) -> Numbers:
    """x - rate · numerator / denominator for each; 0 / 0 (with ``eps=0``) is NaN, as IEEE-754 has it."""
    try:
        return [x - rate * n / d for x, n, d in zip(data, numerators, denominators, strict=True)]
    except ZeroDivisionError:
        divide: Callable[[float, float], float] = autograd.div
        return [x - divide(rate * n, d) for x, n, d in zip(data, numerators, denominators, strict=True)]
