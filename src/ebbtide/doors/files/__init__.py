"""Ebbtide: the files room."""
