# Starts an S3 store with a versioned bucket for backups and a bucket with object lock for the records of releases.
# shellcheck shell=bash

s3() { # method, path with query, more of curl
  local method=$1 path=$2
  shift 2
  # libcurl 7.88 signs the hash of the body but does not send it, and the store insists on it.
  inside curl --silent --show-error --fail-with-body --output /dev/null --request "$method" \
    --aws-sigv4 aws:amz:us-east-1:s3 --user "$(secret s3-key):$(secret s3-secret)" \
    --header "x-amz-content-sha256: UNSIGNED-PAYLOAD" "http://127.0.0.1:7070$path" "$@"
}

start_s3() {
  mkdir -p "$STATE/s3/objects" "$STATE/s3/versions"
  install --mode 600 /dev/stdin "$STATE/s3/environment" <<ENVIRONMENT
ROOT_ACCESS_KEY=$(secret s3-key)
ROOT_SECRET_KEY=$(secret s3-secret)
ENVIRONMENT
  # The keys reach the server through its environment, for a command line is everybody's to read.
  # shellcheck disable=SC2016  # expanded by the inner shell
  start s3 sh -c 'set -a; . "$1"; shift; exec "$@"' sh "$STATE/s3/environment" \
    versitygw --port 127.0.0.1:7070 --health /health posix --versioning-dir "$STATE/s3/versions" "$STATE/s3/objects"
  await s3 30
  s3 PUT /odoo-backups
  s3 PUT "/odoo-backups?versioning=" \
    --data '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>'
  s3 PUT /release-records --header "x-amz-bucket-object-lock-enabled: true"
}
