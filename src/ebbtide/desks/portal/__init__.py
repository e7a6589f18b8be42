"""Ebbtide: the portal room."""
