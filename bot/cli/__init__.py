"""What the `mulin` command does, one file per noun; bot/__main__.py only says how it is called."""
