"""A step of training as a loop by hand has it: a fresh graph, backward, an update.

``fit`` takes steps of this kind, or of the kind in ``compiled.py``, which does the same on a program.
What does not live here: epochs, history, who may step in (``training.py``).
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol

from autograd import Value, no_grad
from nn.batchnorm import BatchNorm
from nn.data import Samples
from nn.errors import OptionError
from nn.losses import refuse_single_scores
from nn.module import Module
from nn.nested import LISTS

Loss = Callable[[Any, Any], Any]
"""``(predictions, targets) -> Value``, over a batch: list[n] of what the model gives, list[n] of targets."""

Outcome = tuple[float, list[Any]]
"""A loss, and predictions as plain numbers, one a sample."""


class Step(Protocol):
    """What trains on a batch and evaluates."""

    def __call__(self, places: Sequence[int]) -> Outcome:
        """Train on the samples at these places; their loss, and the predictions from before the update."""

    def evaluated(self, data: Samples) -> Outcome:
        """The loss of all of ``data`` and the predictions."""

    def show(self) -> None:
        """See to it that model and optimiser are as the last finished step left them: somebody is about to look."""

    def look(self) -> None:
        """Take in what somebody may have done to model and optimiser."""


class EagerStep:
    """Steps on fresh graphs.

    Args:
        model: called with one sample at a time, or with a batch where it normalises over one.
        loss: of a batch; None where nothing but predictions is wanted.
        data: what is trained on.
        optimizer: what updates the parameters.
    """

    def __init__(self, model: Any, loss: Loss | None, data: Samples | None = None, optimizer: Any = None) -> None:
        self.model, self.loss, self.data, self.optimizer = model, loss, data, optimizer
        self.look()

    def __call__(self, places: Sequence[int]) -> Outcome:
        """Train on the samples at these places; their loss, and the predictions from before the update."""
        assert self.loss is not None
        assert self.data is not None
        batch = self.data.at(places)
        self.optimizer.zero_grad()
        predictions = self._outputs(batch.inputs)
        refuse_single_scores(self.loss, predictions)
        loss = self.loss(predictions, batch.targets)
        refuse_no_loss(self.loss, loss)
        loss.backward()
        self.optimizer.step()
        return loss.data, plain(predictions)  # what holds no graph, so that it is freed before the next one

    def evaluated(self, data: Samples) -> Outcome:
        """The loss of all of ``data`` and the predictions."""
        with no_grad():
            predictions = self._outputs(data.inputs)
            refuse_single_scores(self.loss, predictions)
            loss = 0.0 if self.loss is None else self.loss(predictions, data.targets)
        try:
            number = float(loss)
        except (TypeError, ValueError):
            _refuse(self.loss, loss)
        return number, plain(predictions)

    def show(self) -> None:
        """Nothing is to do: every step is made on the model itself."""

    def look(self) -> None:
        """See whether the model is to be called with a batch; everything else, every step reads anew."""
        self.whole = needs_batch(self.model)

    def _outputs(self, inputs: list[Any]) -> list[Any]:
        return list(self.model(inputs)) if self.whole else list(map(self.model, inputs))


def outputs(model: Any, inputs: list[Any]) -> list[Any]:
    """The model's output for every input: sample by sample, or all at once where it normalises over the batch."""
    return EagerStep(model, None)._outputs(inputs)


def needs_batch(model: Any) -> bool:
    """Whether what the model makes of a sample depends on the others of its batch."""
    return isinstance(model, Module) and any(isinstance(module, BatchNorm) for module in model.modules())


def plain(output: Any) -> Any:
    """Values as floats, in lists as they were."""
    return [plain(entry) for entry in output] if isinstance(output, LISTS) else float(output)


def refuse_no_loss(function: Any, loss: Any) -> None:
    """Raise ``OptionError`` for a loss that is not one Value with a graph behind it."""
    if not isinstance(loss, Value):
        _refuse(function, loss)
    if loss.is_leaf:
        raise OptionError(
            f"the loss {_name(function)!r} gave a number without a graph behind it, and there is nothing to train by: "
            "train outside of no_grad(), with a model whose outputs are made of its parameters, and with batches in "
            "which some target counts (not all of them ignore_index)"
        )


def _refuse(function: Any, loss: Any) -> NoReturn:
    raise OptionError(
        f"the loss must give one Value for a batch; {_name(function)!r} gave {loss!r:.80}. Losses with "
        "reduction='none' give one number a sample, and a loss of plain numbers has no gradient"
    )


def _name(function: Any) -> str:
    name: str = getattr(function, "__name__", type(function).__name__)
    return name
