"""infusion: the doors for people: check-in, gate, chairside, entries, monitors."""
