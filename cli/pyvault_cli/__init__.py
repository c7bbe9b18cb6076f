"""The face: the only place with Typer, a terminal and exit codes."""
