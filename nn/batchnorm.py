"""BatchNorm: every feature brought to mean 0 and variance 1 over the batch, then scaled and shifted.

It needs a whole batch while training, so call the model with a list of samples.  Its running statistics are buffers:
part of ``state_dict()``, but not trained.  What does not live here: layers that look at one sample (``layers.py``).
"""

from typing import Any, ClassVar, Final

import autograd
from autograd import LengthError, Value
from nn.module import Module
from nn.nested import inputs, is_batch, sample
from nn.options import at_least_zero, count, flag, number

_SHARE: Final = ("a share, from 0 to 1, or None", lambda share: 0.0 <= share <= 1.0)


class BatchNorm(Module):
    """weight · (x - mean) / √(variance + eps) + bias, feature by feature.

    While training, mean and variance are those of the batch (the variance divided by n), and the running ones move
    towards them (there the variance is divided by n - 1).  Under ``eval()`` the running ones are used.

    Args:
        num_features: length of a sample, from 1 up.
        eps: added to the variance.
        momentum: share of the new in the running statistics; None means the plain average of all batches.
        affine: whether there are weights and biases, which start from 1 and 0.
        track_running_stats: False uses the batch's own statistics under ``eval()`` as well.

    Raises:
        OptionError: an option outside its range.
        LengthError: samples of another length, or a batch of one while training: its variance is 0.

    Source: Ioffe & Szegedy, Batch Normalization, 2015, algorithms 1 and 2; as PyTorch's ``BatchNorm1d``.

    >>> BatchNorm(1, affine=False, eps=0.0)([[1.0], [3.0]])
    [[-1.0], [1.0]]
    """

    buffers: ClassVar[tuple[str, ...]] = ("running_mean", "running_var", "num_batches_tracked")

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:  # fmt: skip
        self.num_features = num_features = count("num_features", num_features)
        self.eps = at_least_zero("eps", eps)
        self.momentum = None if momentum is None else number("momentum", momentum, *_SHARE)
        self.affine = affine = flag("affine", affine)
        self.track_running_stats = track_running_stats = flag("track_running_stats", track_running_stats)
        self.weight = [Value(1.0) for _ in range(num_features)] if affine else None
        self.bias = [Value(0.0) for _ in range(num_features)] if affine else None
        self.running_mean = [0.0] * num_features if track_running_stats else None
        self.running_var = [1.0] * num_features if track_running_stats else None
        self.num_batches_tracked = 0 if track_running_stats else None
        self.label_parameters()

    def reset_parameters(self, init: Any = None, rng: Any = None) -> None:
        """Back to weights 1, biases 0 and fresh statistics; nothing is random here, whatever ``init``."""
        for weight, bias in zip(self.weight or (), self.bias or (), strict=True):
            weight.data, bias.data = 1.0, 0.0
        if self.track_running_stats:
            self.running_mean, self.running_var = [0.0] * self.num_features, [1.0] * self.num_features
            self.num_batches_tracked = 0

    def forward(self, x: Any) -> Any:
        """list[batch][num_features] to the same shape; one sample, list[num_features], under ``eval()``."""
        x = inputs(x)
        one = not is_batch(x)
        rows = [sample(row) for row in ([x] if one else x)]
        for row in rows:
            if len(row) != self.num_features:
                raise LengthError(f"{self!r} takes samples of {self.num_features} features; got {len(row)}")
        if self.training or self.running_mean is None:
            if len(rows) < 2:
                raise LengthError(
                    f"{self!r} needs a batch of two samples or more while training; got one. "
                    "Call the model with a list of samples, or call eval() first"
                )
            columns = self._by_batch([[row[j] for row in rows] for j in range(self.num_features)])
        else:
            columns = self._by_running_statistics([[row[j] for row in rows] for j in range(self.num_features)])
        out = [list(row) for row in zip(*columns, strict=True)]
        return out[0] if one else out

    def _by_batch(self, columns: list[list[Any]]) -> list[list[Any]]:
        out, means, variances = [], [], []
        n = len(columns[0]) if columns else 0
        for j, column in enumerate(columns):
            mean = autograd.mean(column)
            centred = [x - mean for x in column]
            variance = autograd.dot(centred, centred) / n
            out.append(self._scaled(j, centred, autograd.div(1.0, autograd.sqrt(variance + self.eps))))
            means.append(float(mean))
            variances.append(float(variance) * n / (n - 1))
        if self.training:
            self._track(means, variances)
        return out

    def _by_running_statistics(self, columns: list[list[Any]]) -> list[list[Any]]:
        means, variances = self.running_mean or [], self.running_var or []
        return [
            self._scaled(j, [x - means[j] for x in column], autograd.div(1.0, autograd.sqrt(variances[j] + self.eps)))
            for j, column in enumerate(columns)
        ]

    def _scaled(self, j: int, centred: list[Any], inverse_deviation: Any) -> list[Any]:
        if self.weight is None or self.bias is None:
            return [x * inverse_deviation for x in centred]
        scale, shift = self.weight[j] * inverse_deviation, self.bias[j]
        return [x * scale + shift for x in centred]

    def _track(self, means: list[float], variances: list[float]) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        share = 1.0 / self.num_batches_tracked if self.momentum is None else self.momentum
        self.running_mean = _towards(self.running_mean, means, share)
        self.running_var = _towards(self.running_var, variances, share)

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


def _towards(before: list[float], now: list[float], share: float) -> list[float]:
    return [(1.0 - share) * a + share * b for a, b in zip(before, now, strict=True)]
