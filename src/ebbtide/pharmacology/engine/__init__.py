"""The arithmetic: exact curves for one person in closed form, and for many by NumPy, compiled, or on a GPU; no drug has a name here."""
