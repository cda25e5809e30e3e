"""What is kept: one file per noun holds its tables, its reads and its `record_*` writes."""
