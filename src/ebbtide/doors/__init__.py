"""Ebbtide: the doors room."""
