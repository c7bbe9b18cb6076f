"""What is imported by name only: every backend, and the metadata by which plug-ins are found."""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# Only PyInstaller, where it is installed, runs this.

from PyInstaller.utils.hooks import (
    collect_submodules,
    copy_metadata,
)

WITHOUT = ("pyvault.testing", "pyvault.freezing")  # need what a program for people does not have

hiddenimports = [
    *collect_submodules("pyvault", filter=lambda name: not name.startswith(WITHOUT)),
    *collect_submodules("pyvault_backends"),
]
datas = copy_metadata("pyvault-aws")
