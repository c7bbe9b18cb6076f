"""The API for programs: ``open_vault``, what it returns, and the records that come out of it."""
