# Sourced by setup: whether the Swift toolchain can start. Its programs are built against libraries of the distribution
# (https://www.swift.org/install/linux lists them), and a fresh container has few of them.

# The folder with the toolchain's programs. swiftly puts itself in the place of swift.
toolchain_folder() {
  swift=$(readlink -f "$(command -v swift)")
  if [ "${swift##*/}" = swiftly ]; then
    location=$("$swift" use --print-location 2>/dev/null | tail -n 1) || true
    if [ -d "$location/usr/bin" ]; then
      printf '%s\n' "$location/usr/bin"
      return 0
    fi
  fi
  printf '%s\n' "${swift%/*}"
}

# missing_sonames FOLDER: the shared libraries that programs of the toolchain name and the system does not have.
missing_sonames() {
  for program in swift-driver swift-frontend swift-build swift-package swift-test swift-format clang lld; do
    if [ -e "$1/$program" ]; then ldd "$1/$program" 2>/dev/null || true; fi # a script has no libraries
  done | sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u
}

# packages_of SONAME: the Debian packages that may have it, the likeliest first.
packages_of() {
  case $1 in
    libcurl.so.4) echo libcurl4t64 libcurl4 ;;
    libedit.so.2) echo libedit2 ;;
    libform.so.6 | libncurses.so.6 | libpanel.so.6) echo libncurses6 ;;
    libgcc_s.so.1) echo libgcc-s1 ;;
    liblzma.so.5) echo liblzma5 ;;
    libpython3.*) printf '%s\n' "$1" | sed -n 's/^\(libpython3\.[0-9]*\)\.so.*/\1t64 \1/p' ;;
    libsqlite3.so.0) echo libsqlite3-0 ;;
    libstdc++.so.6) echo libstdc++6 ;;
    libtinfo.so.6) echo libtinfo6 ;;
    libuuid.so.1) echo libuuid1 ;;
    libxml2.so.2) echo libxml2 ;;
    libxml2.so.16) echo libxml2-16 ;;
    libz.so.1) echo zlib1g ;;
    libz3.so.4) echo libz3-4 ;;
  esac
}

# has_candidate PACKAGE: whether apt could install it.
has_candidate() { apt-cache policy "$1" 2>/dev/null | grep -q '^ *Candidate: [^(]'; }

# packages_for SONAME...: for each, the package of this system's that has it; the soname itself where none is known.
packages_for() {
  for soname in "$@"; do
    found=$soname
    for package in $(packages_of "$soname"); do
      [ "$found" = "$soname" ] && found=$package
      if has_candidate "$package"; then
        found=$package
        break
      fi
    done
    printf '%s\n' "$found"
  done | sort -u
}
