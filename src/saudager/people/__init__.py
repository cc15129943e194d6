"""Who our contacts are: listed, noted on, taken out of the shop whole, and forgotten when they wish."""
