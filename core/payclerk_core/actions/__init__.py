"""One function a verb of the trade: load, authorise, decide, store, record the event, promise the messages.

Every action takes a `Call` and runs inside the caller's transaction; nothing is sent from here.
"""
