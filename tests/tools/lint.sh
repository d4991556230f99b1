#!/usr/bin/env bash
# What a reader should not have to say: lint.sh [--all]   (`./dev lint` builds build-clang first)
# clang-tidy reads the C files changed since main (or, on main, in the last commit), or all.
# shellcheck disable=SC2317  # step calls the functions
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
git rev-parse -q --verify HEAD >/dev/null || exit # says why
bad=0

# step NAME COMMAND… : its output only when it fails.
step() {
    local name=$1 since=$SECONDS output
    shift
    if output=$("$@" 2>&1); then
        echo "lint: $name ok ($((SECONDS - since)) s)"
    else
        echo "$output"
        echo "lint: $name FAILED"
        bad=1
    fi
}

# C files to look at, of those that the build compiles.
sources() {
    local base
    if [[ ${1:-} == --all ]]; then
        git ls-files -co --exclude-standard '*.c'
    else
        base=$(git merge-base HEAD main 2>/dev/null || git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD)
        [[ $base == $(git rev-parse HEAD) ]] && base=$(git rev-parse -q --verify HEAD~1 || echo "$base")
        git diff --name-only --diff-filter=d "$base" -- '*.c'
        git ls-files -o --exclude-standard '*.c'
    fi | sort -u | grep -Fxf <(sed -n 's|.*"file": "\.\./\(.*\)".*|\1|p' build-clang/compile_commands.json)
}

tidy() {
    local files
    files=$(sources "$@") || return 0
    # shellcheck disable=SC2016
    xargs -r -n 4 -P "$(nproc)" sh -c '
        bad=0
        for file; do
            given=--extra-arg=-include../tests/tools/tidy.h
            [ "$file" = base/err.c ] && given=
            clang-tidy --quiet -p build-clang $given "$file" 2>/dev/null || bad=1
        done
        exit $bad' tidy <<<"$files"
}

# Leaks are for LeakSanitizer, which sees through structures.
cpp_check() {
    cppcheck -I . -I build-clang --std=c11 -D_GNU_SOURCE -D__GNUC__=12 \
        --library=tests/tools/cppcheck.cfg --enable=warning,performance,portability --inline-suppr \
        --suppress=missingIncludeSystem --suppress=memleak \
        --template='{file}:{line}: {message} [{id}]' --error-exitcode=1 --quiet -j "$(nproc)" \
        base claims hl7 schema server cli tests
}

step house python3 tests/tools/house.py
step cppcheck cpp_check
step clang-tidy tidy "$@"
if command -v shellcheck >/dev/null; then
    mapfile -t scripts < <(git ls-files -co --exclude-standard dev .ci/run '*.sh')
    step shellcheck shellcheck "${scripts[@]}"
fi
mapfile -t scripts < <(git ls-files -co --exclude-standard '*.py')
step python env PYTHONPYCACHEPREFIX=build-clang/pycache python3 -m py_compile "${scripts[@]}"
exit $bad
