#!/usr/bin/env bash
# Makes what docker-compose.yml mounts as secrets: passwords, the master secret, MongoDB's key file, and a
# certificate for localhost. What is there already is kept, so it can run again.
#
#   compose_secrets.sh [DIRECTORY]     deploy/secrets by default
set -euo pipefail
umask 077

directory=${1:-$(dirname "$0")/../deploy/secrets}
mkdir -p "$directory"
cd "$directory"
# Never committed, wherever the directory is.
echo '*' > .gitignore

base64url() { openssl rand -base64 "$1" | tr -d '\n=' | tr '+/' '-_'; }

# Compose mounts the file itself with the mode it has here, and the processes in the containers run as
# users of their own. The directory keeps everybody else on this machine out.
make() {
  local name=$1
  shift
  [ -s "$name" ] || "$@" > "$name"
  chmod 444 "$name"
}

make cardea_secret base64url 32
make billing_secret base64url 32
make mongodb_root_password base64url 32
make mongodb_cardea_password base64url 32
make mongodb_keyfile openssl rand -base64 756
make cardea_store printf 'mongodb://cardea:%s@mongodb:27017/cardea?authSource=cardea&replicaSet=rs0' \
  "$(cat mongodb_cardea_password)"

if [ ! -s tls_certificate ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout tls_key -out tls_certificate 2> /dev/null
  chmod 444 tls_key tls_certificate
fi
chmod 700 .
echo "Secrets are in $(pwd)"
