"""What other programs may ask over HTTP."""
