"""Say whose key botocore finds here: the child of ``exec`` in a test."""

import sys

from botocore.session import Session

try:
    found = Session().get_credentials()
    sys.stdout.write(found.get_frozen_credentials().access_key if found else "error: nothing")
except Exception as error:  # noqa: BLE001 - whatever a program of somebody else ends with
    sys.stdout.write(f"error: {type(error).__name__}")
