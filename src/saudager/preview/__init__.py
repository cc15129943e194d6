"""Time travel: who would be written to in the days ahead, when, and who is held back and why. Nothing is sent."""

from saudager.preview.ahead import Ahead, Planned, look_ahead

__all__ = ["Ahead", "Planned", "look_ahead"]
