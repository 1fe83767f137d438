"""The command line, `python -m trainers`. Needs click and rich."""
