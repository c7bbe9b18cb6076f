"""What lives as long as a login: random keys whose halves are in the kernel and in the runtime directory.

What finds a key imports nothing else of pyvault and only C modules, because a warm command
must not start noticeably slower than the interpreter. For that reason keys are ``bytes``
here and not ``Secret``; callers wrap them.
"""
