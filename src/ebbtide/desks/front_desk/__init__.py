"""Ebbtide: the front_desk room."""
