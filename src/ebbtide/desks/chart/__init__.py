"""Ebbtide: the chart room."""
