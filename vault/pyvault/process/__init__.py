"""Commands that a config file names, run without shell surprises and without recursion."""
