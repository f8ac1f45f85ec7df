"""A local Slack, mail server and DocuSign on loopback: for trying payclerk and for its tests."""
