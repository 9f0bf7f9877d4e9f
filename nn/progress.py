"""A progress bar over the batches of a training: tqdm's, in a terminal as in a notebook.  Next: ``training.py``."""

import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self


class Progress:
    """A bar that counts batches and shows the epoch, the loss and the metrics.

    Args:
        epochs: how many epochs there are to be.
        batches: how many batches an epoch has.
        verbose: 0 for no bar at all, not even an import of tqdm.
    """

    def __init__(self, epochs: int, batches: int, verbose: int) -> None:
        self.epochs = epochs
        self._bar: Any = None
        if verbose:
            with warnings.catch_warnings():  # tqdm warns where a notebook has no widgets; its plain bar serves as well
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm

                self._bar = tqdm(total=epochs * batches, unit="batch", desc=f"epoch 1/{epochs}")

    def batch(self, loss: float) -> None:
        """A batch is done."""
        if self._bar is not None:
            self._bar.update()
            if not self._bar.postfix:
                self._bar.set_postfix_str(f"loss={loss:.4g}", refresh=False)

    def epoch(self, number: int, numbers: Mapping[str, float]) -> None:
        """An epoch is done."""
        if self._bar is not None:
            self._bar.set_postfix_str(", ".join(f"{name}={x:.4g}" for name, x in numbers.items()), refresh=False)
            self._bar.set_description(f"epoch {min(number + 1, self.epochs)}/{self.epochs}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
