"""Ebbtide: the ground room."""
