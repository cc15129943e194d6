"""Calls with customers: which time they mean, which is free, what is booked."""
