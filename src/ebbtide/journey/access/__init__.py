"""Ebbtide: the access room."""
