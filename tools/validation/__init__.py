"""The validation page: the library against published numbers, digitised curves and two independent oracles."""
