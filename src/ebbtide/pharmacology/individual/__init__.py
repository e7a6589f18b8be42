"""What one person's own levels and scores say against the prior; both are shown."""
