#!/usr/bin/env bash
# install.sh PACKAGE… : installs Debian packages, as root, without making a PostgreSQL cluster.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

# The package would create and start a cluster "main" on the standard port; nobody asked for one.
no_cluster=/etc/postgresql-common/createcluster.d/hmis-dev.conf
trap 'rm -f "$no_cluster"' EXIT
if [[ ! -e /etc/postgresql ]]; then
    mkdir -p "${no_cluster%/*}"
    echo 'create_main_cluster = false' >"$no_cluster"
fi

apt-get update -q
apt-get install -q -y --no-install-recommends "$@"
