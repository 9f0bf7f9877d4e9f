"""Small neural networks, on top of ``autograd.Value`` alone."""

from nn.module import Module
from nn.neuron import MLP, Layer, Neuron

__all__ = ["MLP", "Layer", "Module", "Neuron"]
