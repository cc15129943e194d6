"""The people of the shop who may enter the console: who they are, how they prove it, and what they did."""
