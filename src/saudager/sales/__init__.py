"""What customers agreed to and bought."""
