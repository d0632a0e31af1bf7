#!/bin/sh
# Checks the log's signature on an exported checkpoint with nothing but openssl and POSIX tools.
#
#   usage:  sh check_checkpoint.sh CHECKPOINT VKEY_FILE
#
# CHECKPOINT is a C2SP checkpoint (a signed note), VKEY_FILE the log's verifier key in its one-line
# text form, name+id+base64. Shares no code with the programs it checks. Needs openssl 3.
#
# exit: 0 the signature is valid; 1 it is not, or a file is missing or malformed.
set -eu
export LC_ALL=C

fail() {
    echo "check_checkpoint: $1" >&2
    exit 1
}

[ $# -eq 2 ] || fail "usage: sh check_checkpoint.sh CHECKPOINT VKEY_FILE"
[ -f "$1" ] && [ -f "$2" ] || fail "no such file"
checkpoint=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The verifier key: name, key id, then a type byte (01 is Ed25519) and the 32 bytes of the key.
IFS= read -r vkey < "$2" || [ -n "$vkey" ] || fail "the verifier key is empty"
name=${vkey%%+*}
rest=${vkey#*+}
key_id=${rest%%+*}
printf '%s\n' "${rest#*+}" | openssl base64 -d -A > "$work/typed_key"
[ "$(wc -c < "$work/typed_key")" -eq 33 ] || fail "the verifier key has another length"
[ "$(head -c 1 "$work/typed_key" | od -An -tx1 | tr -d ' ')" = 01 ] || fail "not an Ed25519 log key"
computed_id=$({ printf '%s\n' "$name"; cat "$work/typed_key"; } | openssl dgst -sha256 -r | cut -c1-8)
[ "$computed_id" = "$key_id" ] || fail "the verifier key's id does not fit its name and key"

# As a public key that openssl reads: a fixed DER prefix (RFC 8410), then the key.
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; tail -c 32 "$work/typed_key"; } > "$work/key.der"

# The text is everything before the last empty line; the signature lines follow it.
split=$(grep -n '^$' "$checkpoint" | tail -n 1 | cut -d: -f1)
[ -n "$split" ] || fail "the checkpoint has no empty line"
head -n "$((split - 1))" "$checkpoint" > "$work/text"
[ "$(head -n 1 "$work/text")" = "$name" ] || fail "the checkpoint's origin is not the name of the key"

# The line by this key: an em dash, the name, and base64 of key id (4 bytes) and signature (64 bytes).
signature=$(tail -n "+$((split + 1))" "$checkpoint" |
    awk -v name="$name" '$1 == "\342\200\224" && $2 == name && NF == 3 { print $3; exit }')
[ -n "$signature" ] || fail "the checkpoint bears no signature by $name"
printf '%s\n' "$signature" | openssl base64 -d -A > "$work/blob"
[ "$(openssl base64 -A -in "$work/blob")" = "$signature" ] || fail "the signature is not canonical base64"
[ "$(wc -c < "$work/blob")" -eq 68 ] || fail "the signature has another length"
[ "$(head -c 4 "$work/blob" | od -An -tx1 | tr -d ' ')" = "$key_id" ] || fail "signed by another key"
tail -c 64 "$work/blob" > "$work/signature"

openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/text" \
    -sigfile "$work/signature" > "$work/answer" 2>&1 || fail "the signature is invalid"
echo "valid: $(sed -n 2p "$work/text") entries of $name, root $(sed -n 3p "$work/text")"
