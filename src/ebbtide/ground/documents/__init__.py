"""Ebbtide: the documents room."""
