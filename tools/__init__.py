"""Tools of the house: the gate, the benchmarks, the printers of the manual."""
