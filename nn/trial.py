"""Whether a program may stand in for a model and its loss: both are tried on some of the data before any training.

A program repeats the steps of one sample's graph.  Code that decides by the numbers it sees, that draws at random, or
a loss that is no mean over samples would train to something else by a program, so each of the four trials here holds
the program against the Python code itself and raises ``UnfitError``, whose text says what is in the way.
What does not live here: the program, and training by it (``compiled.py``, the next file).
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from operator import sub
from typing import Any, Final

import autograd
from autograd import AutogradError, Value
from nn.batchnorm import BatchNorm
from nn.data import Samples
from nn.eager import Loss, outputs, plain, refuse_no_loss
from nn.errors import OptionError, TargetError
from nn.layers import Dropout
from nn.losses import refuse_single_scores
from nn.module import Module
from nn.nested import flat, is_sequence

TRIED: Final = 4
"""How many samples the loss and its gradient are compared on."""
LOOKED_AT: Final = 8
"""How many samples the outputs are compared on."""
_TOLERANCE: Final = 1e-9
LEAST: Final = 1e-3
"""What a number counts as at the least when two are compared."""


class UnfitError(AutogradError, ValueError):
    """A model, a loss or data that cannot be trained by a program; ``fit`` catches it and trains without one."""


def hold_layers(model: Any) -> None:
    """Look for layers that do something else at each call, or need the whole batch."""
    for module in model.modules() if isinstance(model, Module) else ():
        if isinstance(module, BatchNorm):
            raise UnfitError(f"what {module!r} makes of a sample depends on the others of its batch")
        if isinstance(module, Dropout) and module.p > 0:
            raise UnfitError(f"{module!r} draws anew at each call")


def hold_gradient(step: Any, data: Samples) -> None:
    """Compare loss and gradient of a batch with those of its fresh graph."""
    places = telling(data.targets)
    batch, leaves = data.at(places), step.program.leaves
    found, gradient = step.loss_and_gradient(places)
    before = autograd.read_grads(leaves)
    try:
        autograd.write_grads(leaves, 0.0)
        loss = step.loss(outputs(step.model, batch.inputs), batch.targets)
        try:
            refuse_no_loss(step.loss, loss)
        except OptionError as error:  # these samples may count for nothing; eager training says so where none does
            raise UnfitError(str(error)) from error
        loss.backward()
        wanted = autograd.read_grads(leaves)
    finally:
        autograd.write_grads(leaves, before)
    scale = max(_largest(wanted), LEAST)  # gradients that cancel leave rounding errors
    near = max(map(abs, map(sub, gradient, wanted)), default=0.0) <= _TOLERANCE * scale
    if _close(found, loss.data) and (near or all(map(partial(_close, scale=scale), gradient, wanted))):
        return
    _name_difference(step, batch)
    raise UnfitError(
        f"the loss is no mean over samples: of {len(places)} it is {loss.data}, and the mean of theirs is {found}"
    )


def hold_outputs(step: Any, data: Samples, run: Callable[[list[int]], list[Any]], count: int = LOOKED_AT) -> None:
    """Compare predictions with those of the model as it is now, training or evaluating; ``run`` gives a program's."""
    places = spaced(len(data.inputs), count)
    with autograd.no_grad():
        wanted = [plain(output) for output in outputs(step.model, data.at(places).inputs)]
    for place, ours, theirs in zip(places, run(places), wanted, strict=True):
        pairs = flat(ours), flat(theirs)
        if len(pairs[0]) != len(pairs[1]) or not all(map(_close, *pairs)):
            _name_difference(step, data.at([place]))
            raise UnfitError(
                f"the model gives something else each time: for sample {place} it gives {theirs!r:.80}, "
                f"and the program {ours!r:.80}"
            )


def _largest(numbers: Sequence[float]) -> float:
    """The largest size among the finite ones."""
    finite = numbers if math.isfinite(sum(numbers)) else list(filter(math.isfinite, numbers))
    return max(max(finite), -min(finite)) if finite else 0.0


def _name_difference(step: Any, data: Samples) -> None:
    """Raise ``UnfitError`` with the first node of a fresh graph that is another than the program's, if there is one."""
    try:
        step.program.check(lambda x, y: step.graph(x, y)[2], list(zip(*data, strict=True)))
    except AutogradError as error:
        raise UnfitError(f"the code decides by the numbers it sees: {error}") from error


def losses_of_targets(loss: Loss, prediction: Any, targets: Sequence[Any]) -> dict[str, tuple[Any, float]]:
    """Every target there is, once, and its loss beside one prediction; a target that the loss refuses is refused here.

    Raises:
        TargetError: by the loss, for what is none of its targets.
    """
    refuse_single_scores(loss, [prediction])
    found: dict[str, tuple[Any, float]] = {}
    with autograd.no_grad():
        for target in targets:
            name = repr(target)
            if name not in found:
                try:
                    found[name] = (target, float(loss([prediction], [target])))
                except TargetError:
                    raise
                except Exception as error:  # what fails for one sample may do for a batch
                    raise UnfitError(f"of one sample there is no loss: {type(error).__name__}: {error}") from error
    return found


def hold_targets(wanted: dict[str, tuple[Any, float]], found: Sequence[float]) -> None:
    """Compare the losses of all targets beside one prediction."""
    for (target, theirs), ours in zip(wanted.values(), found, strict=True):
        if not _close(ours, theirs):
            raise UnfitError(
                f"the loss decides by the targets it sees: for {target!r:.40} it is {theirs}, and the program's {ours}"
            )


def spaced(n: int, count: int) -> list[int]:
    """Up to ``count`` places below n, evenly spaced.

    >>> spaced(10, 3), spaced(2, 3)
    ([0, 4, 8], [0, 1])
    """
    return list(range(0, n, -(-n // count)))


def telling(targets: Sequence[Any]) -> list[int]:
    """``TRIED`` places, evenly spaced, but rather with other targets than with one that is there already.

    >>> telling([0.0] * 10 + [1.0])
    [0, 3, 6, 10]
    """
    places = spaced(len(targets), TRIED)
    first: dict[str, int] = {}
    for place in (*places, *range(len(targets))):
        first.setdefault(repr(targets[place]), place)
    return sorted(list(dict.fromkeys([*first.values(), *places]))[: len(places)])


def leaves_of(x: Any) -> Any:
    """A leaf without gradient for each number, in lists as they were."""
    return [leaves_of(entry) for entry in x] if is_sequence(x) else Value(x, requires_grad=False)


def _close(x: float, y: float, scale: float = LEAST) -> bool:
    return x == y or (x != x and y != y) or abs(x - y) <= _TOLERANCE * max(abs(x), abs(y), scale)
