"""Learning rates that change while training, with PyTorch's names; each is a formula of the step t = 0, 1, 2, ...

    warm_up = LinearLR(optimizer, start_factor=0.1, total_iters=5)
    decay = CosineAnnealingLR(optimizer, T_max=95)
    schedule = SequentialLR(optimizer, [warm_up, decay], milestones=[5])
    for epoch in range(100):
        ...                     # optimizer.step() for every batch
        schedule.step()         # once an epoch

A schedule sets ``group["lr"]`` of every group at once when it is made and at each ``step()``.  To go on with a training
that was broken off, load the optimiser's state and make the schedule with ``last_epoch=``, or load its own state.
A group that the optimiser takes on later follows the formula from its own rate at that time.  Of two schedules over one
optimiser the last to step has the word (PyTorch multiplies them); ``SequentialLR`` lets one follow the other.
What does not live here: the optimisers (``optim/``).
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nn.errors import OptionError, OptionTypeError, StateDictError
from nn.optim import Optimizer
from nn.options import at_least_zero, count, instance, listed, number, shown, whole


class LRScheduler:
    """Base of the schedules.

    Args:
        optimizer: whose rates to set; those it has when it gets its first schedule are the base rates.
        last_epoch: the last step that an earlier training took, so that this one begins with the step after it; -1
            begins at t = 0. The base rates then come along with ``optimizer.load_state_dict``.

    The attribute ``last_epoch`` is the present step t: how often ``step()`` was called.

    Raises:
        OptionError: that is no optimiser, or it has no base rates to go on from.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        hint = "A schedule is made over an optimiser, such as nn.optim.SGD(model.parameters(), lr=0.1)"
        self.optimizer = instance("optimizer", optimizer, Optimizer, "an optimiser", hint)
        self.last_epoch = count("last_epoch", last_epoch, -1) + 1
        for group in optimizer.param_groups:
            if self.last_epoch and "initial_lr" not in group:
                raise OptionError(
                    f"with last_epoch={last_epoch} a schedule goes on from rates that an earlier one began with, and "
                    "this optimiser has had none: load the optimiser's state first, or leave last_epoch out"
                )
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs: list[float] = []
        self._set(self.last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The learning rate at step ``t`` for the base rate ``base``; a subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} is a base without a rule: define rate(self, base, t) in it")

    def rates(self, bases: Sequence[float], t: int) -> list[float]:
        """The learning rates at step ``t`` for the base rates ``bases``, one a group."""
        return [self.rate(base, t) for base in bases]

    def step(self) -> None:
        """Go on to the next step, and set the rates."""
        self._set(self.last_epoch + 1)

    def _set(self, t: int, bases: Sequence[float] | None = None) -> None:
        """Go to the step ``t``, from these base rates; where a rate is none, nothing is changed."""
        known = self._bases() if bases is None else list(bases)
        rates = [number("a learning rate", rate, "a number", lambda _: True) for rate in self.rates(known, t)]
        self.last_epoch, self.base_lrs = t, known
        for group, base, rate in zip(self.optimizer.param_groups, known, rates, strict=True):
            group.setdefault("initial_lr", base)
            group["lr"] = rate

    def _bases(self) -> list[float]:
        """The base rates, those of groups that came later as well."""
        later = self.optimizer.param_groups[len(self.base_lrs) :]
        return [*self.base_lrs, *(float(group["initial_lr" if "initial_lr" in group else "lr"]) for group in later)]

    def get_last_lr(self) -> list[float]:
        """The rates of the present step, one a group."""
        return self.rates(self._bases(), self.last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Step and base rates; the formula's own options are the constructor's."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go to the step of ``state_dict``, and set the rates.

        Raises:
            StateDictError: it is no state of a schedule over as many groups; nothing is changed then.
        """
        try:
            step, bases = int(state_dict["last_epoch"]), [float(rate) for rate in state_dict["base_lrs"]]
        except (KeyError, TypeError, ValueError) as error:
            raise StateDictError(f"this is no state of a schedule, as state_dict() gives it: {error!r}") from None
        if len(bases) != len(self._bases()):
            raise StateDictError(f"the state has {len(bases)} base rates; this schedule has {len(self._bases())}")
        self._set(step, bases)


class LambdaLR(LRScheduler):
    """base · lr_lambda(t).

    Args:
        optimizer: whose rates to set.
        lr_lambda: the factor at step t, a function of t; or a list of such functions, one a group.
        last_epoch: see ``LRScheduler``.
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        each = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda]
        if wrong := [entry for entry in each if not callable(entry)]:
            raise OptionTypeError(
                f"lr_lambda is a function from the step to a factor, or a list of them; got {shown(wrong[0])}. "
                "Write lr_lambda=lambda t: 0.95**t for one"
            )
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)

    def rates(self, bases: Sequence[float], t: int) -> list[float]:
        """The learning rates at step ``t``."""
        functions = [self.lr_lambda] * len(bases) if callable(self.lr_lambda) else self.lr_lambda
        if len(functions) != len(bases):
            raise OptionError(f"lr_lambda as a list has one function a group; got {len(functions)} for {len(bases)}")
        factors = [number(f"what lr_lambda gives for t={t}", f(t), "a number", lambda _: True) for f in functions]
        return [base * factor for base, factor in zip(bases, factors, strict=True)]


class StepLR(LRScheduler):
    """base · gamma^⌊t / step_size⌋: down by a factor, every step_size steps.

    Args:
        optimizer: whose rates to set.
        step_size: 1 or more.
        gamma: the factor, from 0 up.
        last_epoch: see ``LRScheduler``.

    >>> from autograd import Value
    >>> from nn.optim import SGD
    >>> schedule = StepLR(SGD([Value(0.0)], lr=1.0), step_size=2, gamma=0.5)
    >>> [schedule.step() or schedule.get_last_lr()[0] for _ in range(4)]
    [1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = count("step_size", step_size), at_least_zero("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The learning rate at step ``t``."""
        return base * _power(self.gamma, t // self.step_size)


class ExponentialLR(LRScheduler):
    """base · gammaᵗ.

    Args:
        optimizer: whose rates to set.
        gamma: the factor of each step, from 0 up.
        last_epoch: see ``LRScheduler``.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = at_least_zero("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The learning rate at step ``t``."""
        return base * _power(self.gamma, t)


class CosineAnnealingLR(LRScheduler):
    """From base down to eta_min along half a cosine: eta_min + ½ (base - eta_min)(1 + cos(π t / T_max)).

    Args:
        optimizer: whose rates to set.
        T_max: how many steps the way down takes, 1 or more; after them the rate rises again along the same curve.
        eta_min: the lowest rate, from 0 up.
        last_epoch: see ``LRScheduler``.

    Source: Loshchilov & Hutter, SGDR, 2017, eq. 5.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = count("T_max", T_max), at_least_zero("eta_min", eta_min)
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The learning rate at step ``t``."""
        return self.eta_min + (base - self.eta_min) * (1.0 + math.cos(math.pi * t / self.T_max)) / 2.0


class LinearLR(LRScheduler):
    """Warm-up: base · (start_factor + (end_factor - start_factor) · min(t / total_iters, 1)).

    Args:
        optimizer: whose rates to set.
        start_factor: at t = 0, in (0, 1].
        end_factor: from total_iters on, in [0, 1].
        total_iters: how many steps the warm-up takes, 1 or more.
        last_epoch: see ``LRScheduler``.

    Source: Goyal et al., Accurate, large minibatch SGD, 2017, section 2.2.
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self.start_factor = number("start_factor", start_factor, "a number in (0, 1]", lambda x: 0.0 < x <= 1.0)
        self.end_factor = number("end_factor", end_factor, "a number in [0, 1]", lambda x: 0.0 <= x <= 1.0)
        self.total_iters = count("total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The learning rate at step ``t``."""
        share = min(t / self.total_iters, 1.0)
        return base * (self.start_factor + (self.end_factor - self.start_factor) * share)


class SequentialLR(LRScheduler):
    """One schedule after the other, each from its own t = 0; warm-up before a decay, for one.

    Args:
        optimizer: whose rates to set.
        schedulers: in order, all of this optimizer.
        milestones: the steps, in rising order, at which the second, third, ... take over.
        last_epoch: see ``LRScheduler``.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        schedulers = [instance("a scheduler", s, LRScheduler, "a schedule") for s in listed("schedulers", schedulers)]
        milestones = [whole("a milestone", step) for step in listed("milestones", milestones)]
        if len(schedulers) != len(milestones) + 1 or milestones != sorted(milestones):
            raise OptionError(
                "there is one milestone between any two schedules, in rising order; "
                f"got {len(schedulers)} schedules and the milestones {milestones}"
            )
        if any(schedule.optimizer is not optimizer for schedule in schedulers):
            raise OptionError("all schedules of a sequence must be made for the optimizer that the sequence is for")
        self.schedulers, self.milestones = schedulers, milestones
        super().__init__(optimizer, last_epoch)

    def rates(self, bases: Sequence[float], t: int) -> list[float]:
        """The learning rates at step ``t``: those of the schedule whose turn it is, at its own step."""
        place = bisect_right(self.milestones, t)
        return self.schedulers[place].rates(bases, t - (self.milestones[place - 1] if place else 0))


def _power(gamma: float, steps: int) -> float:
    """gamma to so many steps; inf where that is more than a float holds."""
    try:
        return float(gamma**steps)
    except OverflowError:
        return math.inf
