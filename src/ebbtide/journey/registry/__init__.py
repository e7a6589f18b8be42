"""Ebbtide: the registry room."""
