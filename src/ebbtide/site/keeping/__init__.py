"""Keeping: backups that are proved by restoring them."""
