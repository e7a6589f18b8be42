"""Ebbtide: the public room."""
