#!/usr/bin/env bash
# sigstore-python cannot ask a log for its first entry.
#
# Library:  sigstore 4.5.1 (pip), sigstore._internal.rekor.client, RekorEntries.get
# Guess:    GET /api/v1/log/entries?logIndex=0, as with any other index.
# In fact:  index 0 counts as none: ValueError, and nothing is asked.
# Matters:  a smoke test of a new log asks for its first entry. It can only be asked for by UUID.
# Output:
#> log_index=1: asked for /api/v1/log/entries?logIndex=1
#> log_index=0: ValueError: uuid or log_index required, but not both
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv env || exit 2
env/bin/pip install --quiet --disable-pip-version-check sigstore==4.5.1 || exit 2
cat >finding.py <<'EOF'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from sigstore._internal.rekor.client import RekorClient, RekorClientError

asked = []


class NotFound(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_error(404)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), NotFound)
threading.Thread(target=server.serve_forever, daemon=True).start()
rekor = RekorClient(f"http://127.0.0.1:{server.server_port}")
for index in (1, 0):
    try:
        rekor.log.entries.get(log_index=index)
    except RekorClientError:
        print(f"log_index={index}: asked for {asked[-1]}")
    except ValueError as error:
        print(f"log_index={index}: ValueError: {error}")
EOF

seen=$(env/bin/python finding.py || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
