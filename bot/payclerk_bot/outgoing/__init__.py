"""What payclerk says in Slack by itself: the handlers of the slack.* jobs."""
