"""Replace a stored access key without ever losing one.

``journal`` is what is written down before each step that can't be undone,
``decide`` says from the journal and AWS's list of keys what comes next (pure),
``rotate`` does it. Killed anywhere, the same decision function finds the way
on: resuming is not a second code path.
"""
