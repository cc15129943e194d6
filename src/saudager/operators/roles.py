"""What an operator may do: look, run the day, or own the shop; each may all the lesser ones may."""

from enum import StrEnum


class Role(StrEnum):
    """From the least to the greatest."""

    VIEWER = "viewer"
    """Looks and changes nothing."""
    MANAGER = "manager"
    """Does everything of the day: writes, takes over, approves, edits what the salesperson knows."""
    OWNER = "owner"
    """Also connections, operators, keys and settings."""

    def may(self, needed: "Role") -> bool:
        """Whether this role may what the needed one may."""
        order = tuple(Role)
        return order.index(self) >= order.index(needed)
