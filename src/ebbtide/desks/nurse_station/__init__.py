"""Ebbtide: the nurse_station room."""
