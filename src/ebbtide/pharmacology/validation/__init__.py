"""Held against published data: targets, digitised curves and identities, and the failures that are known."""
