"""The authorization code grant on this machine: proof of possession, and the redirect of a browser."""
