"""Console sign-ins for programs, as ``aws login`` makes them: who signs in, the tokens, how they stay fresh."""
