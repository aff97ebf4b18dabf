#!/bin/sh
# Write the three lock files from pyproject.toml. Needs uv; keeps the versions of the present locks unless UPGRADE=1.
#
# requirements-build.lock   setuptools alone: installed first, so that building (this package, and those published
#                           as source only) takes nothing from outside the locks
# requirements.lock         what the kit needs
# requirements-dev.lock     the same, plus every extra, plus what `make test` and `make lint` need
#
# The locks hold for Python 3.11 to 3.13 on every system, and name no index, host or folder.
set -eu
cd "$(dirname "$0")/.."

compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes ${UPGRADE:+--upgrade} \
        --no-emit-index-url --no-emit-find-links --no-header "$@"
}

compile --group build -o requirements-build.lock
compile pyproject.toml --group build -c requirements-build.lock -o requirements.lock
compile pyproject.toml --all-extras --group build --group dev -c requirements.lock -o requirements-dev.lock
