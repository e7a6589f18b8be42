"""Ebbtide: the ledger room."""
