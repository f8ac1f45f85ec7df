"""Texts payclerk shows: mails, Slack prose and PDF forms. No code."""
