"""Ebbtide: the mail room."""
