"""The plug-in that ``pyvault backends new`` writes: it works as it is.

``driver.py`` is real code, checked and tested like everything else here; the
other files are texts in which the names are filled in.
"""
