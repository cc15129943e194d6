"""The one door for what nobody asked for."""
