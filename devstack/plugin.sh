#!/bin/bash
#
# devstack/plugin.sh
# Calls the functions of lib/keypair_ext in the phases of stack.sh, unstack.sh
# and clean.sh

source $KEYPAIR_EXT_DIR/devstack/lib/keypair_ext

if is_service_enabled keypair-ext; then
    case "$1 ${2:-}" in
        "stack pre-install")
            check_keypair_ext
            ;;
        "stack install")
            echo_summary "Installing keypair_ext"
            install_keypair_ext
            ;;
        "stack post-config")
            echo_summary "Configuring keypair_ext ($KEYPAIR_EXT_MODE)"
            configure_keypair_ext
            ;;
        "stack extra")
            echo_summary "Starting keypair_ext ($KEYPAIR_EXT_MODE)"
            start_keypair_ext
            ;;
        "unstack ")
            stop_keypair_ext
            ;;
        "clean ")
            cleanup_keypair_ext
            ;;
    esac
fi
