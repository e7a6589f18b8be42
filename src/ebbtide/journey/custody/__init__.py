"""Ebbtide: the custody room."""
