"""Callbacks: what may look on, and step in, while ``fit`` trains.

    nn.fit(model, data, ..., callbacks=[EarlyStopping(patience=5), lambda run: print(run.history.last)])

A callback is a ``Callback``, a function called with the ``Run`` after each epoch, or anything with a ``step()``, such
as a schedule of learning rates.  To stop the training, call ``run.stop("the reason")``.
What does not live here: the training itself (``training.py``).
"""

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, Final

from nn.errors import OptionError, OptionTypeError
from nn.history import History
from nn.io import model_path, save
from nn.module import Module
from nn.options import at_least_zero, choice, count, finite, flag, listed, shown


@dataclass
class Run:
    """A training under way, as callbacks see it.

    Attributes:
        model: what is trained.
        optimizer: what changes it.
        history: the numbers of all epochs so far.
        epochs: how many there are to be at most.
        stopping: why training is to end after this epoch; empty while it goes on.
    """

    model: Any
    optimizer: Any
    epochs: int
    history: History = field(default_factory=History)
    stopping: str = ""

    @property
    def epoch(self) -> int:
        """How many epochs are completed."""
        return self.history.epochs

    def stop(self, reason: str) -> None:
        """End the training after this epoch; ``reason`` will be ``history.stopped``."""
        self.stopping = self.stopping or reason

    def monitored(self, name: str) -> float:
        """The last number of that name.

        Raises:
            OptionError: the history has no such name.
        """
        if name not in self.history:
            raise OptionError(
                f"a callback watches {name!r}, and the history has {', '.join(self.history)}; "
                "a name that starts with val_ needs validation_data"
            )
        return self.history[name][-1]


class Callback:
    """Base of callbacks: override what you need."""

    def on_train_begin(self, run: Run) -> None:
        """Called once before the first epoch."""

    def on_epoch_end(self, run: Run) -> None:
        """Called after each epoch, when ``run.history`` has its numbers."""

    def on_train_end(self, run: Run) -> None:
        """Called once at the end, after Ctrl-C as well."""


class EpochEnd(Callback):
    """A callback from a function, called after each epoch."""

    def __init__(self, function: Callable[[Run], Any]) -> None:
        self.on_epoch_end = function  # type: ignore[assignment]


def as_callbacks(given: Iterable[Any]) -> list[Callback]:
    """The callbacks that functions and schedules stand for.

    Raises:
        OptionError: something is none of these.
    """
    found: list[Callback] = []
    for entry in listed("callbacks", given, "a list: write callbacks=[...] around one"):
        if isinstance(entry, type):
            raise OptionTypeError(
                f"a callback is an object, and {entry.__name__} is a class: write {entry.__name__}(...)"
            )
        if isinstance(entry, Callback):
            found.append(entry)
        elif callable(getattr(entry, "step", None)):
            found.append(EpochEnd(partial(_step, entry)))
        elif callable(entry):
            found.append(EpochEnd(entry))
        else:
            raise OptionTypeError(f"a callback is a Callback, a function, or has a step(); got {shown(entry)}")
    return found


def _step(schedule: Any, run: Run) -> None:
    schedule.step()


MODES: Final = ("auto", "min", "max")
"""Whether a number is the better the smaller it is, or the larger; by its name, where that is left open."""


def rises(name: str, mode: str) -> bool:
    """Whether larger is better for the number ``name`` of a history."""
    return mode == "max" or (mode == "auto" and name.endswith(("accuracy", "r2")))


class Watch(Callback):
    """Base of callbacks that follow one number: tells whether an epoch is the best so far.

    Args:
        monitor: its name in the history; ``"val_loss"`` where there is validation data, else ``"loss"``, by default.
        min_delta: how much better counts as better, from 0 up.
        mode: ``"min"``, ``"max"``, or ``"auto"``: larger is better for accuracies and r2.
    """

    def __init__(self, monitor: str | None = None, min_delta: float = 0.0, mode: str = "auto") -> None:
        self.monitor, self.min_delta = monitor, at_least_zero("min_delta", min_delta)
        self.mode = choice("mode", mode, MODES)
        self.best, self.best_epoch = math.nan, 0

    def on_train_begin(self, run: Run) -> None:
        """Forget what another training was like."""
        self.best, self.best_epoch = math.nan, 0

    def improved(self, run: Run) -> bool:
        """Whether the last epoch is the best so far; an epoch of NaN never is."""
        name = self.monitor or ("val_loss" if "val_loss" in run.history else "loss")
        number = run.monitored(name)
        gain = number - self.best if rises(name, self.mode) else self.best - number
        if number == number and (self.best_epoch == 0 or gain > self.min_delta):
            self.best, self.best_epoch = number, run.epoch
            return True
        return False


class EarlyStopping(Watch):
    """Stop when a number has not improved for ``patience`` epochs, and go back to the best weights.

    Args:
        monitor: its name in the history; ``"val_loss"`` where there is validation data, else ``"loss"``, by default.
        patience: how many epochs without improvement are borne, from 1 up.
        min_delta: how much better counts as better.
        mode: ``"min"``, ``"max"`` or ``"auto"``.
        restore_best_weights: whether the model has its best epoch's weights at the end, however training ended.

    Source: Prechelt, Early Stopping - But When?, 1998; names as in Keras.
    """

    def __init__(
        self, monitor: str | None = None, patience: int = 10, min_delta: float = 0.0, mode: str = "auto",
        restore_best_weights: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(monitor, min_delta, mode)
        self.patience = count("patience", patience)
        self.restore_best_weights = flag("restore_best_weights", restore_best_weights)
        self._weights: dict[str, float] = {}

    def on_train_begin(self, run: Run) -> None:
        """Forget what another training was like.

        Raises:
            OptionError: the model is a function, whose weights nobody can put back.
        """
        super().on_train_begin(run)
        self._weights = {}
        if self.restore_best_weights and not isinstance(run.model, Module):
            raise OptionError(
                f"EarlyStopping puts the best weights back into a Module, and the model is {shown(run.model)}: "
                "give restore_best_weights=False, or make the model a Module"
            )

    def on_epoch_end(self, run: Run) -> None:
        """Keep the weights of the best epoch, and stop when it is too long ago."""
        if self.improved(run):
            if self.restore_best_weights:
                self._weights = run.model.state_dict()
        elif run.epoch - self.best_epoch >= self.patience:
            run.stop(f"early stopping: no improvement since epoch {self.best_epoch}")

    def on_train_end(self, run: Run) -> None:
        """Put the best weights back."""
        if self._weights:
            run.model.load_state_dict(self._weights)
            self._weights = {}


class Checkpoint(Watch):
    """Save the model after each epoch, or after those that are the best so far.

    Args:
        path: a file as ``nn.save`` takes it; ``{epoch}`` and names of the history in it are filled in:
            ``"moons-{epoch:03d}-{val_loss:.3f}.json"``.
        save_best_only: save only where ``monitor`` is the best so far.
        monitor: its name in the history; ``"val_loss"`` where there is validation data, else ``"loss"``, by default.
        mode: ``"min"``, ``"max"`` or ``"auto"``.
        every: save after every so many epochs.

    Raises:
        ModelFileError: the path's ending is none that ``nn.save`` takes.
    """

    def __init__(
        self, path: str | os.PathLike[str], save_best_only: bool = False, monitor: str | None = None,
        mode: str = "auto", every: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(monitor, 0.0, mode)
        self.path = str(model_path(path))  # refused now, rather than after an epoch's work
        self.save_best_only, self.every = flag("save_best_only", save_best_only), count("every", every)

    def on_epoch_end(self, run: Run) -> None:
        """Save, if this epoch is one to save."""
        if self.save_best_only and not self.improved(run):
            return
        if self.save_best_only or run.epoch % self.every == 0:
            model: Module = run.model
            numbers = {"epoch": run.epoch, **run.history.last}
            try:
                path = self.path.format(**numbers)
            except (LookupError, ValueError) as error:
                raise OptionError(
                    f"the checkpoint's path {self.path!r} cannot be filled in: {error!r}. "
                    f"There are {', '.join(numbers)}"
                ) from None
            save(model, path)


class Convergence(Callback):
    """Stop when the loss no longer moves: |change| <= tolerance · |loss| in ``patience`` epochs running.

    Args:
        tolerance: the largest relative change that counts as none, from 0 up.
        patience: how many such epochs in a row, from 1 up.
        monitor: the name of the number in the history.
    """

    def __init__(self, tolerance: float = 1e-6, patience: int = 3, monitor: str = "loss") -> None:
        self.tolerance, self.patience, self.monitor = (
            at_least_zero("tolerance", tolerance), count("patience", patience), monitor,
        )  # fmt: skip

    def on_epoch_end(self, run: Run) -> None:
        """Stop, if the last epochs hardly differ."""
        run.monitored(self.monitor)
        recent = run.history[self.monitor][-self.patience - 1 :]
        if len(recent) > self.patience and all(
            abs(after - before) <= self.tolerance * abs(before) for before, after in pairwise(recent)
        ):
            run.stop(f"converged: {self.monitor} {recent[-1]:.6g}")


class StopAt(Callback):
    """Stop as soon as a number has reached a goal: a loss or error at or below it, an accuracy or r2 at or above it.

    Args:
        goal: the number to reach.
        monitor: its name in the history.
        mode: ``"min"``, ``"max"``, or ``"auto"``: larger is better for accuracies and r2.
    """

    def __init__(self, goal: float, monitor: str = "loss", mode: str = "auto") -> None:
        self.goal, self.monitor, self.mode = finite("goal", goal), monitor, choice("mode", mode, MODES)

    def on_epoch_end(self, run: Run) -> None:
        """Stop, if it is reached."""
        number = run.monitored(self.monitor)
        if number >= self.goal if rises(self.monitor, self.mode) else number <= self.goal:
            run.stop(f"reached {self.monitor} {number:.6g}")
