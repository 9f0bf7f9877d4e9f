"""Losses as modules, with PyTorch's names: a loss function together with its options.

    criterion = nn.CrossEntropyLoss(reduction="sum")
    loss = criterion(model(batch), targets)

What does not live here: how a loss is computed (``losses.py``).
"""

from collections.abc import Callable
from typing import Any, ClassVar

from nn import losses
from nn.module import Module


class Loss(Module):
    """Base of the losses.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        OptionError: another reduction, once the module is called.
    """

    function: ClassVar[Callable[..., Any]]
    """The loss as a function of ``losses.py``."""
    options: ClassVar[tuple[str, ...]] = ("reduction",)
    """Names of the attributes that are passed on to it."""

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

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
        self.delta = delta


class HingeLoss(Loss):
    """``hinge_loss`` as a module."""

    function = staticmethod(losses.hinge_loss)


class BCELoss(Loss):
    """``binary_cross_entropy`` as a module: targets beside probabilities."""

    function = staticmethod(losses.binary_cross_entropy)


class BCEWithLogitsLoss(Loss):
    """``binary_cross_entropy_with_logits`` as a module."""

    function = staticmethod(losses.binary_cross_entropy_with_logits)


class CrossEntropyLoss(Loss):
    """``cross_entropy`` as a module: class indices or distributions beside logits."""

    function = staticmethod(losses.cross_entropy)


class NLLLoss(Loss):
    """``nll_loss`` as a module: class indices beside log-probabilities."""

    function = staticmethod(losses.nll_loss)


class KLDivLoss(Loss):
    """``kl_div`` as a module.

    Args:
        reduction: ``"mean"``, ``"batchmean"``, ``"sum"`` or ``"none"``.
        log_target: whether the targets are logarithms.
    """

    function = staticmethod(losses.kl_div)
    options = ("reduction", "log_target")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target
