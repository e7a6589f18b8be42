"""Tests of the pharmacology floor."""
