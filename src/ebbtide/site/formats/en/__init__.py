"""Ebbtide: the en room."""
