"""What is said, as data: the words that come in and the words that go out. No rules live here."""
