"""Replace a stored access key without ever losing one.

``journal`` is what is written down before each step that can't be undone,
``decide`` picks the next step from the journal and AWS's list of keys (pure),
``rotate`` carries it out. Killed anywhere, the same decision function finds the
next step: resuming is not a second code path.
"""
