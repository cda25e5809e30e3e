"""What `make bench` runs: every figure beside a bare counterpart measured in the same run. Nothing here is a test."""
