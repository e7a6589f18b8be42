"""The twin room: commands for the person at the machine."""
