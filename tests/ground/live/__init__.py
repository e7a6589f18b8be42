"""Tests of the live room."""
