"""Ebbtide: the jobs room."""
