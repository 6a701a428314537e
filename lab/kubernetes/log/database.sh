#!/bin/sh
# The command of the database's container: makes the files of the database unless they are there, and becomes its server.
# PGDATA is where they are, PASSWORD_FILE has the password of its only user.
set -eu
if [ ! -e "$PGDATA/made-by-the-lab" ]; then
  rm -rf "${PGDATA:?}"/*
  initdb --pgdata="$PGDATA" --username=trillian --auth=scram-sha-256 --pwfile="$PASSWORD_FILE" \
    --encoding=UTF8 --locale=C --no-sync
  # From other pods, too.
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  : >"$PGDATA/made-by-the-lab"
fi
exec postgres -D "$PGDATA" -h 0.0.0.0 -c unix_socket_directories=
