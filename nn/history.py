"""History: what ``fit`` gives back, one number an epoch for the loss and for every metric.  Next: ``callbacks.py``."""

from collections.abc import Iterator, Mapping


class History(Mapping[str, list[float]]):
    """Numbers by name, one an epoch: ``loss``, the metrics, and with validation data ``val_loss`` and so on.

    Attributes:
        history: the same as a dict of lists, as Keras calls it.
        stopped: why training ended: ``"epochs"``, ``"interrupted"``, or what a callback said.
        seconds: how long it took.

    >>> history = History()
    >>> history.append({"loss": 0.5, "accuracy": 0.75})
    >>> history["loss"], history.epochs, history.last
    ([0.5], 1, {'loss': 0.5, 'accuracy': 0.75})
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.stopped = ""
        self.seconds = 0.0

    def append(self, numbers: Mapping[str, float]) -> None:
        """Note one epoch's numbers."""
        for name, number in numbers.items():
            self.history.setdefault(name, []).append(float(number))

    @property
    def epochs(self) -> int:
        """How many epochs were completed."""
        return max(map(len, self.history.values()), default=0)

    @property
    def last(self) -> dict[str, float]:
        """The numbers of the last epoch."""
        return {name: numbers[-1] for name, numbers in self.history.items()}

    def __getitem__(self, name: str) -> list[float]:
        return self.history[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.history)

    def __len__(self) -> int:
        return len(self.history)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={number:.4g}" for name, number in self.last.items())
        return (
            f"History({self.epochs} epochs, stopped by {self.stopped or 'nothing yet'}{', ' * bool(numbers)}{numbers})"
        )
