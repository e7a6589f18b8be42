"""Ebbtide: the live room."""
