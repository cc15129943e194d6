"""The service that talks to the outside world of messages."""
