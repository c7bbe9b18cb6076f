"""How a person is asked for an MFA code: one small module per driver.

A driver is a module with ``available(environ)`` and ``ask(request, environ)``;
:mod:`pyvault_cli.prompts.choice` has the list and imports the one that is used.
"""
