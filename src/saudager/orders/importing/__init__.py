"""Orders and the catalogue of a shop from the files it has: read, checked row by row, taken in whole or not at all."""
