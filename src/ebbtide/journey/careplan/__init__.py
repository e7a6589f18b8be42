"""Ebbtide: the careplan room."""
