"""The address 169.254.169.254 on this machine, and who connects to it."""
