# Source with the work directory: wine_up, wine_down, wpy ARGUMENTS.
export WINEPREFIX=$1/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=;winemenubuilder.exe=d"
unset DISPLAY
WINE_PYTHON=$1/python/python.exe

# The services start detached: they would inherit the first command's pipes, and whoever reads those waits for ever.
wine_up() {
    setsid /usr/lib/wine/wineserver64 -p </dev/null >/dev/null 2>&1
    setsid timeout 60 wine wineboot </dev/null >/dev/null 2>&1
    wine reg add 'HKCU\Software\Wine' /v Version /d win10 /f </dev/null >/dev/null 2>&1
}
wine_down() { timeout 20 /usr/lib/wine/wineserver64 -k || true; }

# stdin and stdout have to be pipes: CPython dies of a file or /dev/null there.
wpy() { echo | timeout "${LIMIT:-300}" wine "$WINE_PYTHON" -X utf8 "$@" 2>&1 | cat; }
