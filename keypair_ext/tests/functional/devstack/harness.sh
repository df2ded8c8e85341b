#!/bin/bash
#
# harness.sh stack|unstack|clean
# Stands in for DevStack: sources the plugin as its scripts of these names do,
# in their order, with functions of the same names. These keep to a directory,
# start nothing, and write their names and arguments to a file there.

# Dependencies:
#
# - ``HARNESS_PLUGIN``, the checkout that has devstack/plugin.sh
# - ``HARNESS_ROOT``, the directory to write to
# - ``HARNESS_BIN``, where keypair-ext-manage is installed
# - ``ENABLED_SERVICES``, and what local.conf would set

# As in stack.sh
set -o errexit
set -o errtrace

DEST=$HARNESS_ROOT/opt
DATA_DIR=$HARNESS_ROOT/data
STACK_USER=$(id -un)
REGION_NAME=RegionOne
SERVICE_HOST=192.0.2.1
SERVICE_PROTOCOL=http
SERVICE_TIMEOUT=60
SERVICE_PASSWORD=secret
ENABLE_DEBUG_LOG_LEVEL=True
API_WORKERS=2
NOVA_CONF_DIR=$HARNESS_ROOT/etc/nova
NOVA_API_PASTE_INI=${NOVA_API_PASTE_INI:-$NOVA_CONF_DIR/api-paste.ini}
KEYPAIR_EXT_CONF_DIR=$HARNESS_ROOT/etc/keypair_ext

mkdir -p $DATA_DIR $HARNESS_ROOT/apache

# record() - Note that a function was called
function record {
    echo "$*" >>$HARNESS_ROOT/calls
}

# functions-common and inc/

function die {
    record die "${@:2}"
    echo "[ERROR] ${*:2}" >&2
    exit 1
}

function echo_summary {
    record echo_summary "$@"
}

function enable_service {
    ENABLED_SERVICES+=,$1
}

function is_service_enabled {
    [[ ,$ENABLED_SERVICES, == *,$1,* ]]
}

function get_python_exec_prefix {
    echo $HARNESS_BIN
}

function setup_develop {
    record setup_develop "$@"
}

function setup_logging {
    iniset $1 DEFAULT use_journal False
}

function sudo {
    "$@"
}

function which {
    echo /usr/bin/$1
}

# iniset() - Set an option, in place of what it was before
function iniset {
    local file=$1
    local section=[$2]
    touch $file
    if ! grep -qxF "$section" $file; then
        printf '\n%s\n' "$section" >>$file
    fi
    awk -v section="$section" -v option="$3" -v value="$4" '
        /^\[/ { inside = $0 == section }
        !(inside && index($0, option " = ") == 1) { print }
        $0 == section { print option " = " value }
    ' $file >$file.new
    mv $file.new $file
}

function run_process {
    record run_process "$@"
}

function stop_process {
    record stop_process "$@"
}

function wait_for_service {
    record wait_for_service "$@"
}

# lib/database

function database_connection_url {
    echo sqlite:///$DATA_DIR/$1.sqlite
}

function recreate_database {
    record recreate_database "$@"
    rm -f $DATA_DIR/$1.sqlite
}

# lib/keystone

function configure_keystone_authtoken_middleware {
    iniset $1 keystone_authtoken auth_type password
    iniset $1 keystone_authtoken auth_url http://$SERVICE_HOST/identity
    iniset $1 keystone_authtoken username $2
    iniset $1 keystone_authtoken password $SERVICE_PASSWORD
}

function create_service_user {
    record create_service_user "$@"
}

function get_or_create_service {
    record get_or_create_service "$@"
}

function get_or_create_endpoint {
    record get_or_create_endpoint "$@"
}

# lib/apache

function write_uwsgi_config {
    local file=$1
    local wsgi=$2
    local url=$3
    local http=$4
    local name=${5:-$(basename $wsgi)}
    local socket=$HARNESS_ROOT/$name.socket
    rm -f $file
    if [[ "$wsgi" =~ ^[a-zA-Z0-9_.]+:[a-zA-Z0-9_]+$ ]]; then
        iniset $file uwsgi module $wsgi
    else
        iniset $file uwsgi wsgi-file $wsgi
    fi
    iniset $file uwsgi processes $API_WORKERS
    if [[ -n "$http" ]]; then
        iniset $file uwsgi http $http
    else
        iniset $file uwsgi socket $socket
        echo "ProxyPass \"$url\" \"unix:$socket|uwsgi://uwsgi-uds-$name\"" \
            >$HARNESS_ROOT/apache/$name.conf
    fi
}

function remove_uwsgi_config {
    rm -f $1 $HARNESS_ROOT/apache/$(basename $2).conf
}

# The scripts

# load_plugin_settings() - Which every script does before the phases
function load_plugin_settings {
    source $HARNESS_PLUGIN/devstack/settings
}

function run_phase {
    record run_phase "$@"
    source $HARNESS_PLUGIN/devstack/plugin.sh "$@"
}

load_plugin_settings
case $1 in
    stack)
        for phase in pre-install install post-config extra test-config; do
            run_phase stack $phase
        done
        ;;
    unstack | clean)
        run_phase $1
        ;;
esac
