"""What is done at a command, click, submit or typing: parse, authorise, call an action or query, show a view."""
