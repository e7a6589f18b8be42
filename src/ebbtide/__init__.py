"""Ebbtide: the ebbtide room."""
