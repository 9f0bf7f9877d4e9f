"""Lessons: each teaches one thing, runs in under a minute, and fails if what it teaches does not come true.

    python -m examples.xor                  # read the file beside it
    python -m examples.xor --seed 3 --plot  # another start, and a picture in xor.png

In order: ``line_fit``, ``chain_rule_by_hand``, ``numeric_vs_autodiff``, ``two_layer_sigmoid``, ``two_hidden_relu``,
``xor``, ``binary_classifier``, ``moons``, ``iris``, ``regression_1d``, ``vanishing_gradients``, ``regularisation``,
``higher_order``, ``digits``.  What they share (options, pictures, data) is in ``lesson.py``.
"""
