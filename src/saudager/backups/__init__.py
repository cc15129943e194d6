"""Copies of everything that is kept: taken while services run, looked at, put back, and taken before an update."""
