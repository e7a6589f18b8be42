"""infusion: the process of the protocol checks. It reads what was committed, runs the pure checks, and writes what they say.

It outlives the gateway and the pages. When it dies the chair says so, and when it comes back it goes on where it was.
"""
