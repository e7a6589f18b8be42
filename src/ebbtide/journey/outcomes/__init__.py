"""Ebbtide: the outcomes room."""
