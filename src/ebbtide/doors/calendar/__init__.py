"""Ebbtide: the calendar room."""
