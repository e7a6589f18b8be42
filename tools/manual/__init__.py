"""The manual's printed parts: diagrams and tables made from the code itself, written between marks in docs."""
