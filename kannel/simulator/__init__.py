"""Operators that fail in known ways, for demo, tests and rehearsal: an SMSC (SMPP 3.4) and an HTTP operator."""
