"""The command line: the one place that wires all the doors."""
