"""Calls with the customer: which time they meant, which slots there are, and the booking of one."""
