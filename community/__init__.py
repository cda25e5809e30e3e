"""Who lives here and what is going on: pure rules, no SQL, no clock, no dice."""
