"""Small faults, put into the library and the page one at a time: `make mutants` tells which no test sees."""
