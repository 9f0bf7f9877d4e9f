"""Benchmarks, run by hand: `python -m tests.benchmarks NAME [--quick]`. No test is timed, and pytest collects none.

A benchmark is a module of this package with a function `main(argv: list[str]) -> int`; `__main__.py` finds it by that.
Read `eager.py` for an example of one. What benchmarks share: `measure.py` (clock, collector, memory),
`report.py` (tables, targets), `work.py` (the work, the same for every engine), `peers.py` (the engines that are raced),
`runners.py` (one engine at one piece of work).
"""
