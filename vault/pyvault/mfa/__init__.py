"""Where an MFA code comes from, and that none is sent twice."""
