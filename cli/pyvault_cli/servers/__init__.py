"""Commands with a credential server: beside a program, or alone."""
