"""Ebbtide: the twin room."""
