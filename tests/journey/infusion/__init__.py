"""Tests of the stage infusion."""
