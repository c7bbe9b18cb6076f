"""The cases of the contract, a file for each group."""
