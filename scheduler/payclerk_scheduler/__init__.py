"""The clock, and the workers of heavy jobs."""
