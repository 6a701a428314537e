#!/bin/sh
# Stands in for `go` in the tests of the builder: writes down how it was called and makes files instead of programs.
echo "$*" >>"$STAND_IN_GO/calls"
case "$1 $2" in
'env GOVERSION') echo go1.99.0 ;;
'version -m')
  # A "program" of these tests is a text: what Go would have written into it, unless that lies beside it.
  printf '%s: go1.99.0\n' "$3"
  if [ -e "$3.record" ]; then cat "$3.record"; else cat "$3"; fi
  ;;
'build -v')
  if [ -e "$STAND_IN_GO/fails" ]; then
    echo 'something does not compile' >&2
    exit 1
  fi
  for argument; do
    if [ "$previous" = -o ]; then
      target=$argument
    fi
    previous=$argument
    case $argument in
    go.etcd.io/etcd/server/v3) echo built >"${target}server" ;; # The last part is only the version.
    github.com/*) echo built >"$target${argument##*/}" ;;
    esac
  done
  ;;
'mod download') ;;
'list -m')
  for system in postgresql mysql; do
    mkdir -p "$STAND_IN_GO/module/storage/$system/schema"
    echo "CREATE TABLE $system" >"$STAND_IN_GO/module/storage/$system/schema/storage.sql"
  done
  echo "$STAND_IN_GO/module"
  ;;
*) exit 1 ;;
esac
