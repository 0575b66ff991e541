#!/bin/sh
# Grade a class in a container that has no network, no root and nothing of this machine but two folders:
#     sh tools/container/grade.sh submissions grades [--jobs 2 ...]
# The first folder is read, the second one is written; a roster lies in the first: --roster /submissions/roster.csv
set -eu
course=$(cd "$(dirname "$0")/../.." && pwd)
submissions=$(cd "$1" && pwd)
mkdir -p "$2"
grades=$(cd "$2" && pwd)
shift 2

if [ "$(id -u)" = 0 ]; then
    echo "Run this as an ordinary user: what grades is no more than whoever starts it." >&2
    exit 1
fi
engine=${ENGINE:-$(command -v podman || command -v docker)}
case "$engine" in
*podman) me="--userns keep-id" ;; # rootless: the user inside is the one outside
*) me="" ;;
esac

"$engine" build --tag atriacourse-grade --file "$course/tools/container/Containerfile" "$course"
# --network none      nobody to talk to
# --read-only         the root cannot be written; /tmp is memory, and limited
# --cap-drop ALL      no right beyond an ordinary user's, and none to be had (no-new-privileges)
# --memory, --pids    what all submissions at once may use
# shellcheck disable=SC2086 (no option, or two words)
exec "$engine" run --rm $me \
    --network none \
    --read-only --tmpfs /tmp:rw,nosuid,nodev,size=2g \
    --cap-drop ALL --security-opt no-new-privileges \
    --memory 8g --pids-limit 512 \
    --user "$(id -u):$(id -g)" \
    --volume "$submissions:/submissions:ro" \
    --volume "$grades:/grades" \
    atriacourse-grade "$@"
