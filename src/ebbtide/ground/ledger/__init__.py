"""The ledger: what happened is appended, never overwritten, and it can be proved."""
