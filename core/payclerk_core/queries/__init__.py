"""What the doors and actions look up. Reads only."""
