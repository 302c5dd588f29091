# Sourced by the scripts beside it: messages, and the Python that makes virtual environments.

# tell: what is done; say: what there is to know besides, nothing with --quiet.
tell() { printf '%s: %s\n' "${0##*/}" "$*"; }
say() { [ "${QUIET:-0}" = 1 ] || printf '%s: %s\n' "${0##*/}" "$*"; }

die() {
  printf '%s: error: %s\n' "${0##*/}" "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# The command with $PRIVILEGE before it: nothing for root, sudo for others.
as_root() { ${PRIVILEGE:-} "$@"; }

# Prints the first Python 3.10 or later that can make a virtual environment with pip. The system's own comes first:
# the one on PATH may be a shim that another folder's settings redirect.
find_python() {
  for candidate in /usr/bin/python3 python3 python3.13 python3.12 python3.11 python3.10; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

# sha256_of FILE...: prints one digest of the files' contents, in the order given.
sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    cat "$@" | sha256sum | cut -d ' ' -f 1
  else
    cat "$@" | shasum -a 256 | cut -d ' ' -f 1
  fi
}
