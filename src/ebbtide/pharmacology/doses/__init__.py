"""From a limit to a dose: how doses are written, the largest under a limit, plans under caps, and what a series adds up to."""
