"""Studies over many races, which take minutes; `python -m tests.studies.verdicts` prints its table."""
