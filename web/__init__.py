"""Pages: forms, ballots, the public board, the staff console. They ask storage to read and handlers to act."""
