"""Ebbtide: the leaving room."""
