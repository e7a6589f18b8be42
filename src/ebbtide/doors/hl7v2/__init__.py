"""Ebbtide: the hl7v2 room."""
