"""What the shop came to, day by day, and what waits for its people."""
