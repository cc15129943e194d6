"""The guard every draft passes: no figure without its source row, no promise that did not happen, no odd style."""
