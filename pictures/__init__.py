"""Pictures as bytes, made of what is known: pure, and the same bytes for the same thing."""
