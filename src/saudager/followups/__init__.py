"""What follows an offer: how a customer's answer is read."""
