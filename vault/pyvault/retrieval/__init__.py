"""From a plan to credentials: the walk over its steps, and a module for each way to get them."""
