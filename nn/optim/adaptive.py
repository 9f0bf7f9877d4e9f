"""Optimisers that give every parameter a rate of its own: Adagrad, RMSprop, Adam, AdamW.

In the formulas, g is a parameter's gradient, with weight_decay · x added where there is a weight decay (not in AdamW),
and t counts the steps from 1.  What does not live here: the walk over the parameters (``optimizer.py``).
"""

from collections.abc import Iterable
from math import sqrt
from typing import Any

from nn.errors import OptionTypeError
from nn.optim.optimizer import Group, Optimizer, Options
from nn.optim.rows import Arithmetic, Move
from nn.options import at_least_zero, flag, number, shown


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
        for name in ("lr_decay", "initial_accumulator_value"):
            group[name] = at_least_zero(name, group[name])

    def remembers(self, options: Options) -> dict[str, float | None]:
        """The sum s of all squared gradients."""
        return {"sum": options["initial_accumulator_value"]}

    def rule(self, options: Options, t: int, m: Arithmetic) -> Move:
        """One step, by the formulas above."""
        decay, eps = options["weight_decay"], options["eps"]
        rate = options["lr"] / (1.0 + (t - 1) * options["lr_decay"])

        def move(x: Any, g: Any, total: Any) -> tuple[Any, ...]:
            if decay:
                g = g + decay * x
            total = total + g * g
            return x - rate * g / (m.sqrt(total) + eps), total

        return move


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
        group["alpha"] = _share("alpha", group["alpha"])
        group["centered"] = flag("centered", group["centered"])

    def remembers(self, options: Options) -> dict[str, float | None]:
        """The running mean of squares v; also of gradients, and the momentum, where there is one."""
        centered, momentum = options["centered"], options["momentum"]
        return {"square_avg": 0.0, **({"grad_avg": 0.0} if centered else {}),
                **({"momentum_buffer": 0.0} if momentum else {})}  # fmt: skip

    def rule(self, options: Options, t: int, m: Arithmetic) -> Move:
        """One step, by the formulas above."""
        lr, eps, decay = options["lr"], options["eps"], options["weight_decay"]
        alpha, momentum, centered = options["alpha"], options["momentum"], options["centered"]
        take = 1.0 - alpha

        def move(x: Any, g: Any, square: Any, *others: Any) -> tuple[Any, ...]:
            if decay:
                g = g + decay * x
            square = alpha * square + take * g * g
            remembered, spread = [square], square
            if centered:
                mean = alpha * others[0] + take * g
                remembered.append(mean)
                spread = m.maximum(square - mean * mean, 0.0)  # at least 0, but for rounding
            if not momentum:
                return x - lr * g / (m.sqrt(spread) + eps), *remembered
            buffer = momentum * others[-1] + g / (m.sqrt(spread) + eps)
            return x - lr * buffer, *remembered, buffer

        return move


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
            raise OptionTypeError(f"betas are two numbers in [0, 1), as in (0.9, 0.999); got {shown(group['betas'])}")
        group["betas"] = tuple(_share(f"betas[{index}]", beta) for index, beta in enumerate(group["betas"]))
        group["amsgrad"] = flag("amsgrad", group["amsgrad"])

    def remembers(self, options: Options) -> dict[str, float | None]:
        """The running means m and v, and with ``amsgrad`` the largest v so far."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0, **({"max_exp_avg_sq": 0.0} if options["amsgrad"] else {})}

    def rule(self, options: Options, t: int, m: Arithmetic) -> Move:
        """One step, by the formulas above."""
        lr, eps, decay, amsgrad = (options[name] for name in ("lr", "eps", "weight_decay", "amsgrad"))
        beta1, beta2 = options["betas"]
        take1, take2 = 1.0 - beta1, 1.0 - beta2
        rate, scale = lr / (1.0 - beta1**t), 1.0 / sqrt(1.0 - beta2**t)
        coupled, keep = decay if not self.decoupled else 0.0, 1.0 - lr * decay if self.decoupled else 1.0
        root = m.sqrt

        def move(x: Any, g: Any, mean: Any, square: Any, largest: Any = None) -> tuple[Any, ...]:
            if coupled:
                g = g + coupled * x
            elif keep != 1.0:
                x = keep * x
            mean = beta1 * mean + take1 * g
            square = beta2 * square + take2 * g * g
            if not amsgrad:
                return x - rate * mean / (scale * root(square) + eps), mean, square
            largest = m.maximum(largest, square)
            return x - rate * mean / (scale * root(largest) + eps), mean, square, largest

        return move


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


def _share(name: str, given: Any) -> float:
    return number(name, given, "a number in [0, 1)", lambda x: 0.0 <= x < 1.0)
