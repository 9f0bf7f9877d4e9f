"""Optimisers, with PyTorch's names, arguments and defaults.

Where to read on: ``optimizer.py``, what they share; ``sgd.py``; ``adaptive.py``.  How one rule serves floats and arrays
is in ``rows.py``; many steps on one vector, for compiled training, in ``flat.py``, ``inplace.py``, ``fused.py``.
Rates that change while training are in ``nn.schedule``, gradient clipping in ``nn.clip``.
"""

from nn.optim.adaptive import Adagrad, Adam, AdamW, RMSprop
from nn.optim.optimizer import Optimizer
from nn.optim.sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop"]
