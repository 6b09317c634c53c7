# Loads every part, for the scripts that need most of them.
# shellcheck shell=bash

# shellcheck source=tests/stack/lib/say.sh
. "$STACK_SOURCE/lib/say.sh"
# shellcheck source=tests/stack/lib/groups.sh
. "$STACK_SOURCE/lib/groups.sh"
# shellcheck source=tests/stack/lib/network.sh
. "$STACK_SOURCE/lib/network.sh"
# shellcheck source=tests/stack/lib/servers.sh
. "$STACK_SOURCE/lib/servers.sh"
# shellcheck source=tests/stack/lib/clean.sh
. "$STACK_SOURCE/lib/clean.sh"
# shellcheck source=tests/stack/lib/binaries.sh
. "$STACK_SOURCE/lib/binaries.sh"
# shellcheck source=tests/stack/lib/image_archive.sh
. "$STACK_SOURCE/lib/image_archive.sh"
# shellcheck source=tests/stack/lib/certificates.sh
. "$STACK_SOURCE/lib/certificates.sh"
# shellcheck source=tests/stack/lib/secrets.sh
. "$STACK_SOURCE/lib/secrets.sh"
# shellcheck source=tests/stack/lib/control_plane.sh
. "$STACK_SOURCE/lib/control_plane.sh"
# shellcheck source=tests/stack/lib/node.sh
. "$STACK_SOURCE/lib/node.sh"
# shellcheck source=tests/stack/lib/registries.sh
. "$STACK_SOURCE/lib/registries.sh"
# shellcheck source=tests/stack/lib/postgres.sh
. "$STACK_SOURCE/lib/postgres.sh"
# shellcheck source=tests/stack/lib/redis.sh
. "$STACK_SOURCE/lib/redis.sh"
# shellcheck source=tests/stack/lib/s3.sh
. "$STACK_SOURCE/lib/s3.sh"
# shellcheck source=tests/stack/lib/prometheus.sh
. "$STACK_SOURCE/lib/prometheus.sh"
# shellcheck source=tests/stack/lib/fake_nodes.sh
. "$STACK_SOURCE/lib/fake_nodes.sh"
# shellcheck source=tests/stack/lib/table.sh
. "$STACK_SOURCE/lib/table.sh"
# shellcheck source=tests/stack/lib/environment.sh
. "$STACK_SOURCE/lib/environment.sh"
