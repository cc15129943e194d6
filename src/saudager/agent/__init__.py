"""The service that thinks."""
