"""Ebbtide: the formats room."""
