"""The clock: the only reader of time. `EBBTIDE_CLOCK=START@RATE` drives every process of a demonstration or drill."""

from ebbtide.ground.clock.reading import Clock, ClockSettingRefused, now, now_from, today_in

__all__ = ["Clock", "ClockSettingRefused", "now", "now_from", "today_in"]
