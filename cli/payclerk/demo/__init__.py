"""The demo: one month-end played through the real doors, each step checked."""
