"""The words of a command line: what they mean, what was meant by them, what could stand there."""
