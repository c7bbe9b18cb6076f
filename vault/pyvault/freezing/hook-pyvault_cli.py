"""The commands are imported by their names in the menu."""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# Only PyInstaller, where it is installed, runs this.

from PyInstaller.utils.hooks import (
    collect_submodules,
)

hiddenimports = collect_submodules("pyvault_cli")
