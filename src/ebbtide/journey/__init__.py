"""Ebbtide: the journey room."""
