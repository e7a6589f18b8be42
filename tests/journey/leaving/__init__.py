"""Tests of the stage leaving."""
