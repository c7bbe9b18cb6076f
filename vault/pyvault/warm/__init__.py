"""The warm path: an answer that the ordinary path has given is given again, while nothing has changed.

``pyvault exec PROFILE -- CMD`` and ``pyvault export PROFILE`` ask here first. No config is
parsed, no plan made and no vault opened: what the ordinary path decided is replayed, or not.
:mod:`~pyvault.warm.replay` reads, with modules that the interpreter has already or that are
written in C; :mod:`~pyvault.warm.recorder` writes, beside the ordinary path.
docs/warm-format.md specifies the files.

Why a warm answer is the ordinary one:

* **The same question.** The name of an entry is a keyed hash over our version, the user, the
  words of the command line, and every variable that the ordinary path may read
  (:mod:`~pyvault.warm.question`). Another question has another name.
* **The same ground.** An entry has the identity of every file that was really read, by the
  status of the descriptor that it was read from; the places that were empty; the directories
  that were trusted. A store that can change without a local file counts for minutes only.
* **In time.** An entry ends with its credentials, less ``AWS_MIN_TTL``, by the wall clock and
  by the clock since boot; one from the future is none.
* **Ours.** It is sealed under keys of two halves (:mod:`pyvault.login`), taken before anything
  else was read. What ends the warm path ends the keys, and so whatever a slow recorder writes later.
* **Else nothing.** Whatever is missing, different, damaged or refused: the ordinary path runs,
  and says what there is to say.
"""
