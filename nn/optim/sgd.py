"""SGD: gradient descent, with momentum in the classical or in Nesterov's form.

What does not live here: the walk over the parameters (``optimizer.py``), rates of each parameter's own
(``adaptive.py``, the next file).
"""

from collections.abc import Iterable
from typing import Any

from nn.errors import OptionError
from nn.optim.optimizer import Group, Numbers, Optimizer, decayed


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
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise OptionError(
                "nesterov=True needs a momentum above 0 and dampening=0; "
                f"got momentum={group['momentum']!r}, dampening={group['dampening']!r}"
            )

    def update(self, data: Numbers, grads: Numbers, memory: dict[str, Numbers], t: int, group: Group) -> Numbers:
        """The numbers after one step, by the formulas above."""
        lr, momentum = group["lr"], group["momentum"]
        grads = decayed(data, grads, group["weight_decay"])
        if momentum:
            before, share = memory.get("momentum_buffer"), 1.0 - group["dampening"]
            if before is None:
                velocity = list(grads)
            else:
                velocity = [momentum * v + share * g for v, g in zip(before, grads, strict=True)]
            memory["momentum_buffer"] = velocity
            if group["nesterov"]:
                grads = [g + momentum * v for g, v in zip(grads, velocity, strict=True)]
            else:
                grads = velocity
        return [x - lr * g for x, g in zip(data, grads, strict=True)]
