#!/bin/sh
# One slot of the lab's Rekor: what systemd or compose is elsewhere.
#
#   slot.sh start|stop|status|enable|disable DIRECTORY NAME
#
# status ends with 0 when the slot runs and with 3 when it does not; enable and disable say whether the slot starts
# when the lab is started again. start is part of a rotation's critical section, so it forks as little as possible.
# Only the process that DIRECTORY/slots/NAME.pid names is ever signalled, and only while its start time fits.
set -eu

if [ $# -ne 3 ]; then
  echo "usage: slot.sh start|stop|status|enable|disable DIRECTORY NAME" >&2
  exit 2
fi
action=$1
name=$3
slots=$2/slots
record=$slots/$name.pid
lock=$slots/$name.lock
secrets=$slots/$name-secrets.yaml

fail() {
  echo "slot $name: $1" >&2
  exit 1
}

# Sets $started to the start time of process $1, in the words of tools/process-identity.ts; fails without that process. A
# process whose first thread has ended before its others holds its port until they have, so it counts as running.
identify() {
  if [ -d /proc/self ]; then
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    read -r boot </proc/sys/kernel/random/boot_id
    # shellcheck disable=SC2086 # The fields after the command's name are wanted as words.
    set -- ${stat##*) }
    case $1:${18} in Z:[01] | X:*) return 1 ;; esac
    shift 19
    started=$boot:$1
  else
    # shellcheck disable=SC2046
    set -- $(LC_ALL=C ps -o stat=,lstart= -p "$1")
    case ${1:-Z} in Z*) return 1 ;; esac
    shift
    started=$(IFS=_ && echo "$*")
  fi
}

# Sets $own to what identifies the shell that asks: its pid, which is not $$ in a subshell, and its start time.
identify_self() {
  if [ -d /proc/self ]; then
    identify self
    own="${stat%% *} $started"
  else
    self=$(exec sh -c 'echo "$PPID"')
    identify "$self"
    own="$self $started"
  fi
}

# Sets $pid to the process that file $1 names, if that very process still runs.
named_in() {
  pid='' && noted=''
  read -r pid noted 2>/dev/null <"$1" || return 1
  identify "$pid" && [ "$started" = "$noted" ]
}

# start and stop of one slot exclude each other; the lock of a killed one is taken over.
take_lock() {
  identify_self
  unnamed=0
  set -C
  until { echo "$own" >"$lock"; } 2>/dev/null; do
    if ! named_in "$lock"; then
      # A lock that was created this instant does not name its holder yet.
      unnamed=$((unnamed + 1))
      if [ -n "$pid" ] || [ $unnamed -gt 50 ]; then
        rm -f "$lock"
      fi
    fi
    sleep 0.02
  done
  set +C
  trap 'rm -f "$lock"' EXIT
  trap 'exit 1' HUP INT TERM
}

# Takes the NAME=value lines of a file as they are: nothing in them is expanded or run.
read_environment() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
    '' | '#'*) ;;
    [A-Z_]*=*) export "$line" ;;
    *) fail "this line of $1 is not NAME=value: $line" ;;
    esac
  done <"$1"
}

start() {
  # Ends when the other shell has nothing more to say: it has become Rekor, or has ended.
  problem=$(become_rekor 2>&1 &)
  if [ -n "$problem" ]; then
    echo "$problem" >&2
    exit 1
  fi
}

# For a shell of its own, which records itself before it is Rekor: whenever start is killed, stop finds what it began.
become_rekor() {
  take_lock
  if named_in "$record"; then
    return
  fi
  # An empty line says nothing to start, and cannot be said when start was killed: a stop may have followed it.
  echo || exit 1
  read_environment "$slots/rekor.env"
  read_environment "$slots/$name.env"
  # Without a tree Rekor would make one by itself, and serve an empty log.
  case ${TREE_ID:-} in
  '' | 0* | *[!0-9]*) fail "TREE_ID in $slots/$name.env is \"${TREE_ID:-}\", not a tree id" ;;
  esac
  [ -x "$REKOR_SERVER" ] || fail "REKOR_SERVER in $slots/rekor.env is \"$REKOR_SERVER\", not a program"
  # Whoever lists the processes of this host sees their arguments, so Rekor finds a password in a file. It finds none
  # below rekor_server there while there is a variable of this name (findings/rekor-config-file-shadowed.sh).
  server=$REKOR_SERVER
  unset REKOR_SERVER
  if [ -n "${SIGNER_PASSWORD:=}" ]; then
    (umask 077 && printf "rekor_server:\n  signer-passwd: '%s'\n" "$SIGNER_PASSWORD" >"$secrets")
  fi
  if command -v setsid >/dev/null; then
    alone=setsid
  else
    alone=nohup
  fi
  echo "$own" >"$record"
  trap - EXIT HUP INT TERM
  rm -f "$lock"
  exec "$alone" "$server" serve \
    --host=127.0.0.1 --rekor_server.address=127.0.0.1 --port="$PORT" \
    --rekor_server.hostname="$PUBLIC_NAME" --rekor_server.signer="$SIGNER_KEY" \
    ${SIGNER_PASSWORD:+"--config=$secrets"} \
    ${TINK_KEK_URI:+"--rekor_server.tink_kek_uri=$TINK_KEK_URI"} \
    ${TINK_KEYSET:+"--rekor_server.tink_keyset_path=$TINK_KEYSET"} \
    --trillian_log_server.address="$TRILLIAN_HOST" --trillian_log_server.port="$TRILLIAN_PORT" \
    --trillian_log_server.tlog_id="$TREE_ID" \
    --trillian_log_server.sharding_config="$slots/$name-sharding.yaml" \
    --enable_retrieve_api=false </dev/null >>"$slots/$name.log" 2>&1
}

stop() {
  take_lock
  waited=0
  while named_in "$record"; do
    case $waited in
    0) kill -TERM "$pid" || true ;;
    # Rekor itself ends 15 s after SIGTERM, whatever is still open (its --graceful-timeout).
    1000) kill -KILL "$pid" || true ;;
    1500) fail "process $pid does not end" ;;
    esac
    waited=$((waited + 1))
    sleep 0.02
  done
  rm -f "$record" "$secrets"
}

case $action in
start) start ;;
stop) stop ;;
status)
  if named_in "$record"; then
    echo "running, pid $pid"
  else
    echo stopped
    exit 3
  fi
  ;;
enable) : >"$slots/$name.enabled" ;;
disable) rm -f "$slots/$name.enabled" ;;
*) fail "there is no action \"$action\"" ;;
esac
