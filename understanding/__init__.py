"""What a message tells besides its words: danger, personal data, what it is about. Proposals only; a person decides."""
