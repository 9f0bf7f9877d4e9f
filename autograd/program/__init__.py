"""Programs: a finished graph, run again and again without being built again.

    program = autograd.compile(loss)
    program.run()                      # what loss's forward and loss.backward() would do, much faster

Read in the order of the pipeline: ``ir.py``, what a program is; ``trace.py``, graph to program; ``passes.py``, the
program made smaller; ``symbols.py``, the table's formulas as expressions; ``arrays.py``, matrix products found among
the scalars; ``backends/``, what runs it; ``compiled.py``, the ``Program`` that a user holds.
What does not live here: any derivative (``ops.py``).
"""

from autograd.program.compiled import Program, compile

__all__ = ["Program", "compile"]
