"""Hand credentials to programs over HTTP on this machine: ECS and EC2 style."""
