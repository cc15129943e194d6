"""The product while what it leans on is away, slow, wrong or full."""
