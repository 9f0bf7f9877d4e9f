"""SGD: gradient descent, with momentum in the classical or in Nesterov's form.

What does not live here: the walk over the parameters (``optimizer.py``), rates of each parameter's own
(``adaptive.py``, the next file).
"""

from collections.abc import Iterable
from typing import Any

from nn.errors import OptionError
from nn.optim.optimizer import Group, Optimizer, Options
from nn.optim.rows import Arithmetic, Move
from nn.options import finite, flag


class SGD(Optimizer):
    """Gradient descent: x ← x - lr · g.

    With momentum, v ← momentum · v + (1 - dampening) · g (v ← g at the first step), and x ← x - lr · v, or
    x ← x - lr · (g + momentum · v) for Nesterov's form; g includes weight_decay · x.

    Args:
        params: Values or groups of them (see ``Optimizer``).
        lr: learning rate, from 0 up.
        momentum: from 0 up, usually 0.9.
        dampening: what part of a gradient the momentum leaves out.
        weight_decay: strength of the L2 penalty ½ · weight_decay · Σ x².
        nesterov: whether to look ahead; needs a momentum and no dampening.
        maximize: climb instead of descend.

    Source: Sutskever et al., On the importance of initialization and momentum in deep learning, 2013; as PyTorch.

    >>> from autograd import Value
    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.25)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> x.data
    0.5
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0,
        weight_decay: float = 0.0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: Group) -> None:
        """Raise ``OptionError`` for an option outside its range."""
        super().check(group)
        group["dampening"] = finite("dampening", group["dampening"])
        group["nesterov"] = flag("nesterov", group["nesterov"])
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise OptionError(
                "nesterov=True needs a momentum above 0 and dampening=0; "
                f"got momentum={group['momentum']!r}, dampening={group['dampening']!r}"
            )

    def remembers(self, options: Options) -> dict[str, float | None]:
        """With momentum, the velocity."""
        return {"momentum_buffer": None} if options["momentum"] else {}

    def rule(self, options: Options, t: int, m: Arithmetic) -> Move:
        """One step, by the formulas above."""
        lr, momentum, decay, nesterov = (options[name] for name in ("lr", "momentum", "weight_decay", "nesterov"))
        share = 1.0 - options["dampening"]

        def descend(x: Any, g: Any) -> tuple[Any, ...]:
            if decay:
                g = g + decay * x
            return (x - lr * g,)

        def roll(x: Any, g: Any, velocity: Any) -> tuple[Any, ...]:
            if decay:
                g = g + decay * x
            velocity = g if velocity is None else momentum * velocity + share * g
            return x - lr * (g + momentum * velocity if nesterov else velocity), velocity

        return roll if momentum else descend
