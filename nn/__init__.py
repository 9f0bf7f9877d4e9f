"""Small neural networks, on top of ``autograd.Value`` alone.

Where to read on: ``module.py``, what holds parameters; ``neuron.py``, micrograd's three classes; ``layers.py``;
``losses.py``; ``optim/``; ``training.py``.  This file only gathers the public names.
"""

import nn.namesake as _namesake  # noqa: F401 (first of all)
from nn import callbacks, init, metrics, optim, schedule
from nn.activations import (
    ELU,
    GELU,
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Sine,
    Softmax,
    Softplus,
    Tanh,
    activation,
    log_softmax,
    softmax,
)
from nn.batchnorm import BatchNorm
from nn.callbacks import Callback, Checkpoint, Convergence, EarlyStopping, StopAt
from nn.class_losses import cross_entropy, nll_loss
from nn.clip import clip_grad_norm_, clip_grad_value_
from nn.convert import from_torch, to_torch
from nn.criteria import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
)
from nn.errors import ModelFileError, OptionError, OptionTypeError, StateDictError, TargetError
from nn.health import diagnose
from nn.history import History
from nn.io import load, save
from nn.layers import Dropout, Linear, Sequential
from nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
)
from nn.module import Module
from nn.neuron import MLP, Layer, Neuron
from nn.overview import summary
from nn.regularise import l1_penalty, l2_penalty
from nn.training import evaluate, fit, predict

__all__ = [
    "ELU",
    "GELU",
    "MLP",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm",
    "Callback",
    "Checkpoint",
    "Convergence",
    "CrossEntropyLoss",
    "Dropout",
    "EarlyStopping",
    "HingeLoss",
    "History",
    "HuberLoss",
    "Identity",
    "KLDivLoss",
    "L1Loss",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "ModelFileError",
    "Module",
    "NLLLoss",
    "Neuron",
    "OptionError",
    "OptionTypeError",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Sine",
    "Softmax",
    "Softplus",
    "StateDictError",
    "StopAt",
    "Tanh",
    "TargetError",
    "activation",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "callbacks",
    "clip_grad_norm_",
    "clip_grad_value_",
    "cross_entropy",
    "diagnose",
    "evaluate",
    "fit",
    "from_torch",
    "hinge_loss",
    "huber_loss",
    "init",
    "kl_div",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "load",
    "log_softmax",
    "metrics",
    "mse_loss",
    "nll_loss",
    "optim",
    "predict",
    "save",
    "schedule",
    "softmax",
    "summary",
    "to_torch",
]
