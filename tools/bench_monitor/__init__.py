"""The monitor's figures: `make bench-monitor`."""
