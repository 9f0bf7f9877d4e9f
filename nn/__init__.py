"""Small neural networks, on top of ``autograd.Value`` alone.

Where to read on: ``module.py``, what holds parameters; ``neuron.py``, micrograd's three classes; ``layers.py``;
``losses.py``; ``optim/``.  This file only gathers the public names.
"""

from nn import optim
from nn.errors import ModelFileError, OptionError, StateDictError, TargetError
from nn.io import load, save
from nn.module import Module
from nn.neuron import MLP, Layer, Neuron

__all__ = [
    "MLP", "Layer", "ModelFileError", "Module", "Neuron", "OptionError", "StateDictError", "TargetError", "load",
    "optim", "save",
]  # fmt: skip
