#!/bin/sh
# Installs the workshop from this folder and opens JupyterLab. What is typed after it goes to start.pyz: --help.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
apple=/Library/Frameworks/Python.framework/Versions
for python in python3.13 python3.12 python3.11 python3 "$apple/3.13/bin/python3" "$apple/3.12/bin/python3" \
    "$apple/3.11/bin/python3"; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        exec "$python" "$here/start.pyz" "$@"
    fi
done
echo "Il faut Python 3.11, 3.12 ou 3.13 : lisez $here/index.html" >&2
echo "Python 3.11, 3.12 or 3.13 is needed: read $here/index.html" >&2
exit 1
