"""Ebbtide: the infusion room."""
