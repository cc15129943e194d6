"""Everything a customer is written unasked: whether we may, and how he tells us to stop."""
