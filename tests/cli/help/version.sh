# The commit is that of the build; each library has the version of the package that its file is of.
mast --version >text
header=$(dirname "$MAST")/git_id/git_id.h
grep -qF "\"$(sed -nE '1s/^mast 0\.1\.0(, git )?//p' text)\"" "$header" || cat text "$header"
command -v dpkg-query >/dev/null || { echo "skipped: no packages to compare with"; exit 77; }
file() { # PATTERN: the package's version of the library with this name
    local path
    path=$(ldd "$MAST" | awk -v name="$1" 'index($1, name) == 1 {print $3; exit}')
    dpkg-query -S "*/$(basename "$(realpath "$path")")" | sed 's/: .*//' | head -n 1 |
        xargs dpkg-query -W -f '${Version}\n' | sed -E 's/^[0-9]+://; s/[-+].*//'
}
while read -r name version; do
    case $name in
        Boost) want=$(file libboost_program_options) ;;
        fmt) want=$(file libfmt) ;;
        glibc) want=$(file libc.so) ;;
        HDF5) want=$(file libhdf5) ;;
        libpng) want=$(file libpng) ;;
        libseccomp) want=$(file libseccomp) ;;
        muParser) want=$(file libmuparser) ;;
        nlohmann-json) want=$(dpkg-query -W -f '${Version}' nlohmann-json3-dev | sed 's/-.*//') ;;
        oneDNN) want=$(file libdnnl) ;;
        Open) want=$(file libmpi); version=${version#MPI } ;;
        Protobuf) want=$(file libprotobuf) ;;
        xxHash) want=$(file libxxhash) ;;
        *) want='a library that this test knows' ;;
    esac
    # Debian 13's fmt 10.1.1 calls itself 10.1.0.
    [ "$name" = fmt ] && version=${version%.*} want=${want%.*}
    [ "$version" = "$want" ] || echo "$name: $version, expected $want"
done < <(tail -n +2 text)
ldd "$MAST" | grep -m 1 -c 'libmpi\.so' | sed 's/.*/Open MPI: &/' >has_mpi
grep -c '^Open MPI' text | sed 's/.*/Open MPI: &/' | diff has_mpi -
