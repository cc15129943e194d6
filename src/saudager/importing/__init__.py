"""Files a person brings: kept, their columns found, their rows checked, and all that is wrong with them told."""
