"""What the emulated systems share: server, faults, request log, clock and invented people.

A system's `sandbox` package says what the vendor answers (`Emulated`); this package makes
it a server that can be told to fail and that remembers every request.
"""
