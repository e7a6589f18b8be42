"""Ebbtide: the assessment room."""
