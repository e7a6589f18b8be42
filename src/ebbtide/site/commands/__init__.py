"""Ebbtide: the commands room."""
