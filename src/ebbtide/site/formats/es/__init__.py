"""Ebbtide: the es room."""
