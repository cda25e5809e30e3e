"""What we ask and how we count it. Pure: no SQL, no clock, no dice, no logging."""
