#!/bin/sh
# Says what an access token of Cardea's is worth: read_status.sh ISSUER AUDIENCE < token
# Needs curl, jq, openssl, gzip, od. Prints "good" or ends with status 1 and says why not.
set -eu
issuer=$1 audience=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

refuse() { echo "refused: $1" >&2; exit 1; }
get() { curl --fail --silent --show-error --max-time 5 --max-filesize 1048576 "$@"; }
decode() { tr -- -_ +/ | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | openssl base64 -d -A; }
hex() { decode | od -An -v -tx1 | tr -d ' \n'; }

# 1. The issuer's metadata and keys. The hash of the key set is what lists name as `jwks`.
get "$issuer/.well-known/openid-configuration" > metadata
[ "$(jq -r .issuer metadata)" = "$issuer" ] || refuse "another issuer's metadata"
get "$(jq -r .jwks_uri metadata)" > jwks
hash=$(openssl dgst -sha256 -binary jwks | openssl base64 -A | tr +/ -_ | tr -d =)

# 2. A signed token of a type: its claims are in NAME.claims when the signature is the issuer's.
verify() { # NAME TYPE < token
  IFS=. read -r header claims signature rest || [ -n "$signature" ] || refuse "no JWT"
  [ -z "$rest" ] || refuse "no JWT"
  printf %s "$header" | decode > "$1.header"
  jq -e --arg typ "$2" '.alg == "RS256" and (.crit | not) and (.typ | ascii_downcase
    | . == $typ or . == "application/" + $typ)' "$1.header" > /dev/null || refuse "$1: wrong header"
  kid=$(jq -r .kid "$1.header")
  jq -e --arg kid "$kid" '[.keys[] | select(.kid == $kid and .kty == "RSA" and .alg == "RS256")][0]' \
    jwks > "$1.jwk" || refuse "$1: unknown key"
  # An RSAPublicKey of RFC 8017 from the numbers of the JWK.
  printf 'asn1=SEQUENCE:key\n[key]\nn=INTEGER:0x%s\ne=INTEGER:0x%s\n' \
    "$(jq -r .n "$1.jwk" | hex)" "$(jq -r .e "$1.jwk" | hex)" > "$1.asn1"
  openssl asn1parse -genconf "$1.asn1" -noout -out "$1.der"
  openssl rsa -RSAPublicKey_in -inform DER -in "$1.der" -pubout -out "$1.pem" 2> /dev/null
  printf %s "$signature" | decode > "$1.signature"
  printf %s "$header.$claims" |
    openssl dgst -sha256 -verify "$1.pem" -signature "$1.signature" > /dev/null 2>&1 ||
    refuse "$1: wrong signature"
  printf %s "$claims" | decode > "$1.claims"
}

# 3. The access token (RFC 9068 section 4).
verify token at+jwt
jq -e --arg iss "$issuer" --arg aud "$audience" '.iss == $iss
  and ([.aud] | flatten | index($aud)) and .exp > now and (has("cnf") | not)
  and ((has("environment") | not) or .environment == "live")' \
  token.claims > /dev/null || refuse "of or for somebody else, of a test key, bound to a key, or expired"

# 4. The list that it points at.
uri=$(jq -r .status.status_list.uri token.claims)
index=$(jq -r .status.status_list.idx token.claims)
case $uri in "$issuer/status-lists/"*) ;; *) refuse "no status" ;; esac
get -H 'Accept: application/statuslist+jwt' "$uri" > list
verify list statuslist+jwt < list
jq -e --arg iss "$issuer" --arg uri "$uri" --arg hash "$hash" '.iss == $iss and .sub == $uri
  and .exp > now and .iat > now - 10 and .jwks == $hash and .status_list.bits == 1' \
  list.claims > /dev/null || refuse "the list is not the one, or not of now"

# 5. Its bit. gzip inflates what zlib deflated when it gets a header of its own, and at most 1 MiB is read; it
#    then misses its own checksum, but the list's signature has been checked.
jq -r .status_list.lst list.claims | decode | tail -c +3 > deflated
{ printf '\037\213\010\000\000\000\000\000\000\003'; cat deflated; } | gzip -dc 2> /dev/null |
  head -c 1048576 > bits
[ "$((index / 8))" -lt "$(wc -c < bits)" ] || refuse "beyond the list"
byte=$(od -An -tu1 -j "$((index / 8))" -N 1 bits | tr -d ' ')
[ "$((byte >> index % 8 & 1))" = 0 ] || refuse revoked
echo good
