"""Figures of the chair: `python -m tools.bench_chair`."""
