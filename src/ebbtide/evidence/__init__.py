"""Ebbtide: the evidence room."""
