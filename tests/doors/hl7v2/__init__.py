"""Tests of the monitors' door."""
