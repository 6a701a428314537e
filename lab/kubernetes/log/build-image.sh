#!/bin/sh
# Builds an image by a Dockerfile and writes it as an archive. In mounts of its own (`unshare --mount`): buildah leaves some.
# The environment says:
#   FILES     a root with buildah's files, or nothing when it is installed
#   SETTINGS  a folder for its settings, so that it has none of this machine's
#   STORE     where it keeps layers, so that the next build is short
#   NODE      the archive with the image that has Node.js, and NODE_IMAGE the name of that image
#   CONTEXT   the folder with the Dockerfile
#   IMAGE     the name of the image in the store
#   ARCHIVE   the file that it is written to, and NAME its name there
set -eu

if [ -n "$FILES" ]; then
  # Programs that buildah starts lose their environment, and with it where else libraries could be.
  for libraries in "$FILES"/usr/lib/*-linux-*; do
    mount -t overlay -o "lowerdir=$libraries:${libraries#"$FILES"}" none "${libraries#"$FILES"}"
  done
  PATH=$FILES/usr/bin:$FILES/usr/sbin:$PATH
fi

# No registry is asked, so no signature is checked.
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$SETTINGS/policy.json"
: >"$SETTINGS/registries.conf"
: >"$SETTINGS/containers.conf"
export CONTAINERS_REGISTRIES_CONF="$SETTINGS/registries.conf" CONTAINERS_CONF="$SETTINGS/containers.conf"

in_store() {
  command=$1
  shift
  buildah --root "$STORE" --runroot "$SETTINGS/run" --storage-driver overlay "$command" "$@"
}
policy="--signature-policy=$SETTINGS/policy.json"

before=$(in_store images --quiet "$IMAGE" 2>/dev/null || true)
in_store pull --quiet "$policy" "docker-archive:$NODE"
in_store bud "$policy" --isolation chroot --layers --pull-never --build-arg "NODE=$NODE_IMAGE" --tag "$IMAGE" "$CONTEXT"
in_store push --quiet "$policy" "$IMAGE" "docker-archive:$ARCHIVE:$NAME"
# The former image and what only it had.
if [ -n "$before" ] && [ "$before" != "$(in_store images --quiet "$IMAGE")" ]; then
  in_store rmi "$before"
fi
