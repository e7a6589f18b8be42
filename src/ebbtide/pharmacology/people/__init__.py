"""Who it is computed for: one person, virtual people, how they differ, and bands that say how sure a curve is."""
