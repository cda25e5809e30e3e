"""The officers' side of the same nouns."""
