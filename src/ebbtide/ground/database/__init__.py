"""Ebbtide: the database room."""
