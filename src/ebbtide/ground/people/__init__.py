"""Ebbtide: the people room."""
