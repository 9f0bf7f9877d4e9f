"""The tests, mirroring the packages; `benchmarks` is run by hand and times nothing here."""
