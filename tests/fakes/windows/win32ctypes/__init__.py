"""A stand-in for pywin32-ctypes on systems that are not Windows."""
