"""Reading a mail: pure functions from its bytes to what it says. Nothing is stored, asked or sent here."""
