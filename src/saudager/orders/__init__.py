"""Orders of the merchant's shops on marketplaces: read, kept, and written about to their buyers."""
