"""Ebbtide: the pharmacology room."""
