"""The schema's history, one file per version, the same for both databases."""
