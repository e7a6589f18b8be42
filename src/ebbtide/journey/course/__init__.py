"""Ebbtide: the course room."""
