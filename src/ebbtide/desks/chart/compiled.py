"""Statements of the chart, composed once for each kind of reader."""

from ebbtide.ground.policy.composed import ask

__all__ = ["ask"]
