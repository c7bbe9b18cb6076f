"""The error of Windows calls."""

from __future__ import annotations


class error(Exception):  # noqa: N801, N818 - its real name
    """As pywin32 raises it."""

    def __init__(self, winerror: int, funcname: str, strerror: str) -> None:
        super().__init__(winerror, funcname, strerror)
        self.winerror = winerror
        self.funcname = funcname
        self.strerror = strerror
