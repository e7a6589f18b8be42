"""Ebbtide: the site room."""
