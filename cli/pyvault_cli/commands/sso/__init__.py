"""``pyvault sso``: the commands of IAM Identity Center."""
