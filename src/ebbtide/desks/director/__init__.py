"""Ebbtide: the director room."""
