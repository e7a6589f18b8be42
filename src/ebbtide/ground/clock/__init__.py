"""Ebbtide: the clock room."""
