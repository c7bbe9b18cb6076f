"""How a person is asked for an MFA code: one small module per driver."""
