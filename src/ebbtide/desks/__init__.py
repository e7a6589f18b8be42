"""Ebbtide: the desks room."""
