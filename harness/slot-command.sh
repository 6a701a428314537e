#!/bin/sh
# Runs one command of a slot, or does to it what a test has asked for by a file:
#   slot-command.sh DIRECTORY NAME COMMAND...
# NAME.fails: exits 1 without running it.   NAME.dies: exits 0 without running it.
# NAME.waits: names its caller in NAME.reached, and runs it once NAME.waits has gone.
# NAME.lingers: runs it, names its caller in NAME.reached, and exits once NAME.lingers has gone.
faults=$1
name=$2
shift 2
echo "$name" >>"$faults/calls"
await_release() {
  echo "$PPID" >"$faults/$name.reached.new"
  mv "$faults/$name.reached.new" "$faults/$name.reached"
  while [ -e "$1" ]; do
    sleep 0.02
  done
}
if [ -e "$faults/$name.fails" ]; then
  echo 'made to fail by the test' >&2
  exit 1
fi
if [ -e "$faults/$name.dies" ]; then
  exit 0
fi
if [ -e "$faults/$name.lingers" ]; then
  "$@"
  code=$?
  await_release "$faults/$name.lingers"
  exit $code
fi
if [ -e "$faults/$name.waits" ]; then
  await_release "$faults/$name.waits"
fi
exec "$@"
