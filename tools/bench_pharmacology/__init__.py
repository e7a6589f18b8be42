"""`make bench-pharmacology`: the figures of the pharmacology floor, ratios measured in one run."""
