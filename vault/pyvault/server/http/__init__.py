"""A small HTTP/1.1 server: who may connect, what is read, what is answered."""
