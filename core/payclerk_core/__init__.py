"""The model, the rules, the actions, the documents and the one door to durable jobs."""
