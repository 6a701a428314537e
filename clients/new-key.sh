#!/usr/bin/env bash
# Rotates a lab's log to a new key, and has cosign and sigstore-python verify entries of before and after.
# The trusted root has the former key, the new one as the plan gives it, or both. Exit code 1: a cell is not as it has to be.
# Needs what the demo needs, Go 1.25, Python 3.10, OpenSSL 3, curl and jq, and some minutes where cosign is not compiled yet.
#
#   npm run build && clients/new-key.sh [P-256|P-384|P-521|ED25519|RSA]
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
folder=$(mktemp -d)
chmod 755 "$folder" # PostgreSQL may run as another user
rotate() { node "$repository/out/dist/cli/main.js" "$@"; }
worker=
end() {
  [ -z "$worker" ] || kill "$worker"
  rotate lab down --remove-data --directory "$folder/lab" >/dev/null 2>&1
  rm -rf "$folder"
}
trap end EXIT

GOBIN=$folder go install github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check sigstore==4.5.1 sigstore-models==0.0.6
rotate lab up --detach --without worker --directory "$folder/lab" >/dev/null 2>&1
cd "$folder"
LOG=$(sed -n 's/^ *publicUrl: //p' lab/rekor-rotate.yaml)
export LOG
client() { "$folder/env/bin/python" "$repository/clients/client.py" "$@"; }
key() { # file, kind
  local options=("$2")
  case $2 in P-*) options=(EC -pkeyopt "ec_paramgen_curve:$2") ;; esac
  openssl genpkey -quiet -algorithm "${options[@]}" -out "$1.pem"
  openssl pkey -in "$1.pem" -pubout -out "$1.pub"
}
key signer P-256
key next "${1:-P-256}"
client sign before-1 && client sign before-2
curl -sSf -H 'Accept: application/x-pem-file' "$LOG/api/v1/log/publicKey" >former.pub
former=$(openssl pkey -pubin -in former.pub -outform DER | base64 -w 0)
former_id=$(openssl pkey -pubin -in former.pub -outform DER | openssl dgst -sha256 -binary | base64)

sed -i "s|^  lab:\$|&\n    nextSigner: { keyFile: $folder/next.pem, publicKey: $folder/next.pub }|" lab/rekor-rotate.yaml
rotate worker --config lab/rekor-rotate.yaml >worker.log 2>&1 &
worker=$!
rotate plan lab --config lab/rekor-rotate.yaml --json >plan.json
jq .plan.newKey.trustedRootEntry plan.json >new.tlog
jq --arg key "$former" --arg id "$former_id" '.publicKey.rawBytes = $key | .publicKey.keyDetails = "PKIX_ECDSA_P256_SHA_256"
  | .publicKey.validFor.start = "2020-01-01T00:00:00Z" | .logId.keyId = $id' new.tlog >former.tlog
rotate rotate lab --yes --config lab/rekor-rotate.yaml >rotation.txt || { cat rotation.txt && exit 1; }
client sign after-1 && client sign after-2
client again before-1 before-1-again
root() {
  jq -s '{ mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1", tlogs: .,
    certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] }' "$@"
}
root former.tlog >former
root new.tlog >new
root former.tlog new.tlog >both

cosign() { "$folder/cosign" verify-blob --key signer.pub --trusted-root "$1" --bundle "$2.json" "$2"; }
sigstore-python() { client verify "$1" "$2"; }
failed=0
row() { # tool, artifact, then what is to be so with each trusted root
  local tool=$1 artifact=$2 root is
  shift 2
  printf '%-16s %-15s' "$tool" "$artifact"
  for root in former new both; do
    if "$tool" "$root" "$artifact" >"$tool.txt" 2>&1; then is=verifies; else is=refused; fi
    printf '%-10s' "$is"
    [ "$is" = "$1" ] || { failed=1 && printf '(%s) ' "$(tail -n 1 "$tool.txt")"; }
    shift
  done
  echo
}
"$folder/cosign" version 2>&1 | grep GitVersion
printf '%-31s %-10s%-10s%s\n' "trusted root with the key" former new both
for tool in cosign sigstore-python; do
  for artifact in before-1 before-2 before-1-again; do row "$tool" "$artifact" verifies refused verifies; done
  for artifact in after-1 after-2; do row "$tool" "$artifact" refused verifies verifies; done
done
exit $failed
