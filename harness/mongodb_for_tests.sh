#!/usr/bin/env bash
# A MongoDB-compatible server for tests, for a Debian machine (as root) that has neither mongod nor Docker
# and reaches only package registries: FerretDB, built from its Go module, in front of PostgreSQL with the
# DocumentDB extension, in a chroot of its own so that the machine's libraries stay as they are.
#
#   mongodb_for_tests.sh start [PORT]   builds on first use (minutes), then prints the connection string
#   mongodb_for_tests.sh stop  [PORT]
#   mongodb_for_tests.sh crash [PORT]   kill -9 of server and database; `start` recovers the data
#   mongodb_for_tests.sh ready          succeeds when it is built
#
# It has atomic single-document updates, unique, partial, sparse and TTL indexes, upserts and update
# pipelines, and its data survives a crash. It has no multi-document transactions and no change streams.
set -euo pipefail

action=${1:-start} port=${2:-27017}
ferretdb_version=v2.7.0
cache=${MONGODB_FOR_TESTS_CACHE:-/var/cache/mongodb-for-tests}
root=$cache/forky ferretdb=$cache/ferretdb run=$cache/run-$port
# Below the ports that the system hands out to outgoing connections.
pg_port=$((port - 10000)) data=/var/lib/pg-$pg_port pg_bin=/usr/lib/postgresql/18/bin

fail() { echo "mongodb_for_tests: $*" >&2; exit 1; }

# Registries and networks fail for a moment now and then.
retry() {
  local attempt
  for attempt in 1 2 3 4; do
    "$@" && return
    echo "attempt $attempt failed: $*" >&2
    sleep $((attempt * 3))
  done
  return 1
}

in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive "$@"; }
install_in_root() { in_root apt-get install -y -q --no-install-recommends -o Acquire::Retries=5 "$@"; }
as_postgres() { chroot "$root" su postgres -s /bin/sh -c "$1"; }

bootstrap() {
  local mirror=http://deb.debian.org/debian
  [ -f /etc/apt/sources.list.d/debian.sources ] &&
    mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources)
  rm -rf "$root"
  debootstrap --variant=minbase forky "$root" "$mirror" /usr/share/debootstrap/scripts/sid
}

stub() {
  printf '#!/bin/sh\nexit %s\n' "$2" >"$root/$1"
  chmod +x "$root/$1"
}

build_postgres() {
  command -v debootstrap >/dev/null || {
    retry apt-get update -q
    DEBIAN_FRONTEND=noninteractive retry apt-get install -y -q debootstrap
  }
  retry bootstrap
  cp /etc/resolv.conf "$root/etc/"
  cp -n /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/"
  # No service starts by itself in there, and a tool that needs a mounted /proc has nothing to do.
  stub usr/sbin/policy-rc.d 101
  in_root dpkg-divert --quiet --local --rename --add /usr/bin/systemd-tmpfiles
  stub usr/bin/systemd-tmpfiles 0
  retry install_in_root postgresql-18 postgresql-18-documentdb
  touch "$root/.ready"
}

# The machine's Go where it is new enough, else the chroot's.
go_is_new_enough() {
  command -v go >/dev/null && [[ $(go env GOVERSION) =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 24 ]
}

build_ferretdb() {
  local work=/tmp/ferretdb-build build=bash
  if go_is_new_enough; then
    work=$cache/ferretdb-build
  else
    retry install_in_root golang-go ca-certificates
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" || true
    # Without a mounted /proc Go does not find its own home.
    build="chroot $root env GOROOT=/usr/lib/go GOPROXY=${GOPROXY:-} GOCACHE=/tmp/go-cache GOPATH=/tmp/go bash"
  fi
  # Where both see it under its own name: the machine's path, or the chroot's.
  local folder=$work
  [ "$build" = bash ] || folder=$root$work
  rm -rf "$folder"
  mkdir -p "$folder"
  printf 'module ferretdb-build\ngo 1.24\n' >"$folder/go.mod"
  printf '//go:build tools\npackage tools\nimport _ "github.com/FerretDB/FerretDB/v2/cmd/ferretdb"\n' >"$folder/tools.go"
  retry $build -c "cd $work && go get github.com/FerretDB/FerretDB/v2/cmd/ferretdb@$ferretdb_version"
  retry $build -c "cd $work && go mod vendor"
  # The module leaves out the version file that its release build writes.
  echo "$ferretdb_version" >"$folder/vendor/github.com/FerretDB/FerretDB/v2/build/version/version.txt"
  $build -c "cd $work && CGO_ENABLED=0 go build -mod=vendor -o ferretdb github.com/FerretDB/FerretDB/v2/cmd/ferretdb"
  mv "$folder/ferretdb" "$ferretdb"
  rm -rf "$folder"
}

start_postgres() {
  mkdir -p "$root$data"
  chroot "$root" chown postgres "$data"
  [ -f "$root$data/PG_VERSION" ] || as_postgres "$pg_bin/initdb -D $data -A trust" >"$run/initdb.log"
  # Inserts of one unique value at once can deadlock in DocumentDB, and each check for it frees only one of them: at
  # PostgreSQL's usual second a race of 50 holds its table for a minute.
  # What is committed has been written, and so outlives `crash`, which ends processes; it is not forced onto the disk,
  # because no test takes the machine's power away.
  cat >"$root$data/postgresql.auto.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $pg_port
unix_socket_directories = ''
dynamic_shared_memory_type = 'mmap'
max_connections = 300
deadlock_timeout = 20ms
fsync = off
full_page_writes = off
jit = off
max_wal_size = 4GB
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
CONF
  as_postgres "$pg_bin/pg_ctl -D $data status" >/dev/null ||
    as_postgres "$pg_bin/pg_ctl -D $data -w -l $data/log start" >"$run/pg.log"
  sql 'CREATE EXTENSION IF NOT EXISTS documentdb CASCADE'
  # Servers under test may have a clock days behind. What has not expired for them has for PostgreSQL, which would
  # remove it under their feet, once a minute.
  sql "SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = 'documentdb_ttl_task'"
}

sql() {
  as_postgres "$pg_bin/psql -q -h 127.0.0.1 -p $pg_port -c \"$1\"" >>"$run/pg.log" 2>&1
}

ferretdb_runs() { [ -f "$run/pid" ] && kill -0 "$(cat "$run/pid")" 2>/dev/null; }

start_ferretdb() {
  if ! ferretdb_runs; then
    setsid "$ferretdb" --postgresql-url="postgres://postgres@127.0.0.1:$pg_port/postgres" \
      --listen-addr="127.0.0.1:$port" --no-auth --telemetry=disable --state-dir="$run" \
      --debug-addr=- --log-level=error >"$run/ferretdb.log" 2>&1 </dev/null &
    echo $! >"$run/pid"
  fi
  for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "mongodb://127.0.0.1:$port/"
      return
    fi
    sleep 0.1
  done
  tail -20 "$run/ferretdb.log" >&2
  fail "FerretDB does not answer on port $port"
}

end_ferretdb() {
  if ferretdb_runs; then kill "-$1" "$(cat "$run/pid")"; fi
  rm -f "$run/pid"
}

ready() { [ -e "$root/.ready" ] && [ -x "$ferretdb" ]; }

start() {
  ready || echo "mongodb_for_tests: building; this takes minutes, once (log: $cache/build.log)" >&2
  [ -e "$root/.ready" ] || build_postgres >"$cache/build.log" 2>&1
  [ -x "$ferretdb" ] || build_ferretdb >>"$cache/build.log" 2>&1
  start_postgres
  start_ferretdb
}

stop() {
  end_ferretdb TERM
  as_postgres "$pg_bin/pg_ctl -D $data -m fast stop" >/dev/null
}

crash() {
  end_ferretdb KILL
  kill -9 "$(head -1 "$root$data/postmaster.pid")"
  # Where nobody reaps orphans, the dead process's id would count as alive.
  rm "$root$data/postmaster.pid"
  sleep 1 # its children notice and leave
}

case $action in
  ready) ready ;;
  start | stop | crash)
    [ "$(id -u)" = 0 ] || fail "needs root (a chroot with PostgreSQL)"
    command -v apt-get >/dev/null || fail "needs a Debian machine"
    mkdir -p "$cache" "$run"
    # One at a time; the servers that are started do not inherit the lock.
    [ "${MONGODB_FOR_TESTS_LOCKED:-}" ] ||
      MONGODB_FOR_TESTS_LOCKED=1 exec flock -o "$cache/lock" "$0" "$action" "$port"
    trap '[ $? = 0 ] || tail -n 20 "$cache/build.log" "$run"/*.log >&2' EXIT
    "$action"
    ;;
  *)
    sed -n '2,13p' "$0" >&2
    exit 2
    ;;
esac
