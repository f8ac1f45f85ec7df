"""The demo: four months of billing played through the real doors, each step checked."""
