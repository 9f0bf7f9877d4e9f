"""Optimisers that give every parameter a rate of its own: Adagrad, RMSprop, Adam, AdamW.

In the formulas, g is a parameter's gradient, with weight_decay · x added where there is a weight decay (not in AdamW),
and t counts the steps from 1.  What does not live here: the walk over the parameters (``optimizer.py``).
"""

from collections.abc import Iterable
from math import sqrt
from typing import Any

from nn.errors import OptionError
from nn.optim.optimizer import Group, Numbers, Optimizer, at_least_zero, below_one, decayed, moved


def _blended(before: Numbers | None, grads: Numbers, keep: float) -> Numbers:
    """keep · m + (1 - keep) · g for each; m starts from zero."""
    take = 1.0 - keep
    if before is None:
        return [take * g for g in grads]
    return [keep * m + take * g for m, g in zip(before, grads, strict=True)]


def _blended_squares(before: Numbers | None, grads: Numbers, keep: float) -> Numbers:
    """keep · v + (1 - keep) · g² for each; v starts from zero."""
    take = 1.0 - keep
    if before is None:
        return [take * g * g for g in grads]
    return [keep * v + take * g * g for v, g in zip(before, grads, strict=True)]


class Adagrad(Optimizer):
    """A rate that shrinks with all the gradients so far.

    s ← s + g², x ← x - lr / (1 + (t - 1) · lr_decay) · g / (√s + eps).

    Args:
        params: Values or groups of them (see ``Optimizer``).
        lr: learning rate, from 0 up.
        lr_decay: how the rate shrinks with the steps, from 0 up.
        weight_decay: strength of the L2 penalty.
        initial_accumulator_value: what s starts from.
        eps: keeps the denominator from 0.
        maximize: climb instead of descend.

    Source: Duchi, Hazan & Singer, Adaptive Subgradient Methods, 2011; as PyTorch.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0, eps: float = 1e-10, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: Group) -> None:
        """Raise ``OptionError`` for an option outside its range."""
        super().check(group)
        at_least_zero(group, "lr_decay")
        at_least_zero(group, "initial_accumulator_value")

    def update(self, data: Numbers, grads: Numbers, memory: dict[str, Numbers], t: int, group: Group) -> Numbers:
        """The numbers after one step, by the formulas above."""
        grads = decayed(data, grads, group["weight_decay"])
        start = [group["initial_accumulator_value"]] * len(grads)
        squares = memory["sum"] = [s + g * g for s, g in zip(memory.get("sum", start), grads, strict=True)]
        eps = group["eps"]
        rate = group["lr"] / (1.0 + (t - 1) * group["lr_decay"])
        return moved(data, rate, grads, [sqrt(s) + eps for s in squares])


class RMSprop(Optimizer):
    """Gradients divided by their running root mean square.

    v ← alpha · v + (1 - alpha) · g², x ← x - lr · g / (√v + eps).  ``centered`` subtracts the square of the
    running mean gradient from v under the root; with momentum, b ← momentum · b + g / (√v + eps) and x ← x - lr · b.

    Args:
        params: Values or groups of them (see ``Optimizer``).
        lr: learning rate, from 0 up.
        alpha: share of v that stays, in [0, 1).
        eps: keeps the denominator from 0.
        weight_decay: strength of the L2 penalty.
        momentum: from 0 up.
        centered: divide by the standard deviation instead.
        maximize: climb instead of descend.

    Source: Tieleman & Hinton, lecture 6e of Neural Networks for Machine Learning, 2012; Graves 2013 for ``centered``.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum,
            "centered": centered, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: Group) -> None:
        """Raise ``OptionError`` for an option outside its range."""
        super().check(group)
        at_least_zero(group, "alpha")

    def update(self, data: Numbers, grads: Numbers, memory: dict[str, Numbers], t: int, group: Group) -> Numbers:
        """The numbers after one step, by the formulas above."""
        eps, alpha, momentum = group["eps"], group["alpha"], group["momentum"]
        grads = decayed(data, grads, group["weight_decay"])
        spread = memory["square_avg"] = _blended_squares(memory.get("square_avg"), grads, alpha)
        if group["centered"]:
            means = memory["grad_avg"] = _blended(memory.get("grad_avg"), grads, alpha)
            # v - m² is at least 0, but for rounding
            spread = [max(v - m * m, 0.0) for v, m in zip(spread, means, strict=True)]
        scale = [sqrt(v) + eps for v in spread]
        if not momentum:
            return moved(data, group["lr"], grads, scale)
        before = memory.get("momentum_buffer", [0.0] * len(grads))
        buffer = memory["momentum_buffer"] = moved([momentum * b for b in before], -1.0, grads, scale)
        lr = group["lr"]
        return [x - lr * b for x, b in zip(data, buffer, strict=True)]


class Adam(Optimizer):
    """Running mean over running root mean square of the gradients, both corrected for their start from zero.

    m ← β₁ · m + (1 - β₁) · g, v ← β₂ · v + (1 - β₂) · g², x ← x - lr · m̂ / (√v̂ + eps), where m̂ = m / (1 - β₁ᵗ) and
    v̂ = v / (1 - β₂ᵗ).

    Args:
        params: Values or groups of them (see ``Optimizer``).
        lr: learning rate, from 0 up.
        betas: β₁ and β₂, each in [0, 1).
        eps: keeps the denominator from 0.
        weight_decay: strength of the L2 penalty.
        amsgrad: divide by the largest v̂ so far.
        maximize: climb instead of descend.

    Source: Kingma & Ba, Adam, 2015, algorithm 1; Reddi et al. 2018 for ``amsgrad``; as PyTorch.
    """

    decoupled = False
    """Whether weight decay acts on the numbers directly, as in AdamW, rather than through the gradient."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize,
        })  # fmt: skip

    def check(self, group: Group) -> None:
        """Raise ``OptionError`` for an option outside its range."""
        super().check(group)
        if not isinstance(group["betas"], tuple | list) or len(group["betas"]) != 2:
            raise OptionError(f"betas are two numbers in [0, 1), as in (0.9, 0.999); got {group['betas']!r}")
        for index, beta in enumerate(group["betas"]):
            below_one(f"betas[{index}]", beta)

    def update(self, data: Numbers, grads: Numbers, memory: dict[str, Numbers], t: int, group: Group) -> Numbers:
        """The numbers after one step, by the formulas above."""
        lr, eps, weight_decay = group["lr"], group["eps"], group["weight_decay"]
        beta1, beta2 = group["betas"]
        if not self.decoupled:
            grads = decayed(data, grads, weight_decay)
        elif weight_decay:
            keep = 1.0 - lr * weight_decay
            data = [keep * x for x in data]
        means = memory["exp_avg"] = _blended(memory.get("exp_avg"), grads, beta1)
        squares = memory["exp_avg_sq"] = _blended_squares(memory.get("exp_avg_sq"), grads, beta2)
        if group["amsgrad"]:
            largest = memory.get("max_exp_avg_sq", squares)
            squares = memory["max_exp_avg_sq"] = [
                b if b > a or b != b else a for a, b in zip(largest, squares, strict=True)
            ]
        scale = 1.0 / sqrt(1.0 - beta2**t)
        return moved(data, lr / (1.0 - beta1**t), means, [scale * sqrt(v) + eps for v in squares])


class AdamW(Adam):
    """Adam whose weight decay does not pass through the gradient.

    First x ← x - lr · weight_decay · x, then Adam's step without weight decay.

    Args:
        params: Values or groups of them (see ``Optimizer``).
        lr: learning rate, from 0 up.
        betas: β₁ and β₂, each in [0, 1).
        eps: keeps the denominator from 0.
        weight_decay: share of each number, times lr, taken away at every step.
        amsgrad: divide by the largest v̂ so far.
        maximize: climb instead of descend.

    Source: Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019; as PyTorch.
    """

    decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
