"""Losses as modules, with PyTorch's names: a loss function together with its options.

    criterion = nn.CrossEntropyLoss(reduction="sum")
    loss = criterion(model(batch), targets)

What does not live here: how a loss is computed (``losses.py``, ``class_losses.py``).
"""

from collections.abc import Callable
from typing import Any, ClassVar

from nn import class_losses, losses
from nn.class_losses import IGNORE_INDEX
from nn.module import Module
from nn.options import choice, flag, whole
from nn.reduction import REDUCTIONS, weights


class Loss(Module):
    """Base of the losses.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        OptionError: another reduction.
    """

    function: ClassVar[Callable[..., Any]]
    """The loss as a function of ``losses.py``."""
    options: ClassVar[tuple[str, ...]] = ("reduction",)
    """Names of the attributes that are passed on to it."""
    reductions: ClassVar[tuple[str, ...]] = REDUCTIONS
    """Those that it knows."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = choice("reduction", reduction, self.reductions)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of predictions and targets."""
        return type(self).function(input, target, **{name: getattr(self, name) for name in self.options})

    def extra_repr(self) -> str:
        """The options."""
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self.options)


class MSELoss(Loss):
    """``mse_loss`` as a module.

    >>> MSELoss(reduction="sum")([1.0, 2.0], [0.0, 0.0])
    5.0
    """

    function = staticmethod(losses.mse_loss)


class L1Loss(Loss):
    """``l1_loss`` as a module."""

    function = staticmethod(losses.l1_loss)


class HuberLoss(Loss):
    """``huber_loss`` as a module.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        delta: where the line takes over, above 0.
    """

    function = staticmethod(losses.huber_loss)
    options = ("reduction", "delta")

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = losses.huber_delta(delta)


class HingeLoss(Loss):
    """``hinge_loss`` as a module."""

    function = staticmethod(losses.hinge_loss)


class BCELoss(Loss):
    """``binary_cross_entropy`` as a module: targets beside probabilities.

    Args:
        weight: finite numbers from 0 up, of the targets' shape or of one that is repeated to it.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    """

    function = staticmethod(losses.binary_cross_entropy)
    options = ("weight", "reduction")

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight = None if weight is None else weights("weight", weight)


class BCEWithLogitsLoss(Loss):
    """``binary_cross_entropy_with_logits`` as a module.

    Args:
        weight: finite numbers from 0 up, of the targets' shape or of one that is repeated to it.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        pos_weight: what an error on class 1 counts, as ``weight``.
    """

    function = staticmethod(losses.binary_cross_entropy_with_logits)
    options = ("weight", "reduction", "pos_weight")

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self.weight = None if weight is None else weights("weight", weight)
        self.pos_weight = None if pos_weight is None else weights("pos_weight", pos_weight)


class CrossEntropyLoss(Loss):
    """``cross_entropy`` as a module: class indices or distributions beside logits.

    Args:
        weight: one finite number from 0 up for each class.
        ignore_index: the target of samples that do not count.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        label_smoothing: what share of each target is spread over all classes, from 0 to 1.
    """

    function = staticmethod(class_losses.cross_entropy)
    options = ("weight", "ignore_index", "reduction", "label_smoothing")

    def __init__(
        self, weight: Any = None, ignore_index: int = IGNORE_INDEX, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(reduction)
        self.weight, self.ignore_index = class_losses.class_weights(weight), whole("ignore_index", ignore_index)
        self.label_smoothing = class_losses.smoothing(label_smoothing)


class NLLLoss(Loss):
    """``nll_loss`` as a module: class indices beside log-probabilities.

    Args:
        weight: one finite number from 0 up for each class.
        ignore_index: the target of samples that do not count.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    """

    function = staticmethod(class_losses.nll_loss)
    options = ("weight", "ignore_index", "reduction")

    def __init__(self, weight: Any = None, ignore_index: int = IGNORE_INDEX, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight, self.ignore_index = class_losses.class_weights(weight), whole("ignore_index", ignore_index)


class KLDivLoss(Loss):
    """``kl_div`` as a module.

    Args:
        reduction: ``"mean"``, ``"batchmean"``, ``"sum"`` or ``"none"``.
        log_target: whether the targets are logarithms.
    """

    function = staticmethod(losses.kl_div)
    options = ("reduction", "log_target")
    reductions = (*REDUCTIONS, "batchmean")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = flag("log_target", log_target)
