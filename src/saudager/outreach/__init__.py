"""Messages nobody asked for: who wants none, and the one door every one of them goes through."""
