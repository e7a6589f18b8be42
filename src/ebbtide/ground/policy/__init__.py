"""Ebbtide: the policy room."""
