"""What the servers answer: the endpoint of containers, the metadata service, and the credentials behind both."""
