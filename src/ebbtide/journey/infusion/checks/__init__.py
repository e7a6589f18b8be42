"""The protocol checks: pure and streaming, inputs in, conditions and signals out. No Django, no clock, and never a dose.

A reminder and not a monitor: the bedside monitor stays the primary alarm. Condition is not signal: what is true of a person
(`conditions`) is worked out from values and the log alone; what sounds (`signalling`) is worked out from conditions, and no
silence and no acknowledgement reaches back.
"""
