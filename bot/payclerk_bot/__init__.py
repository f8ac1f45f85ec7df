"""The Slack door: slash commands, clicks and modals over Socket Mode."""
