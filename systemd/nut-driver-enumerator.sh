#!/bin/sh
# One nut-driver@.service for each section of ups.conf: new sections get theirs, gone ones lose it, running
# drivers read the file again and are started anew where that is not enough.
#
# Which sections there are is upsdrvctl's word, by the same reader that drivers use. An instance's name is the
# section's, escaped as systemd does.
#
# --start-waiting is for the moment when a UPS was plugged in: drivers that gave up, or that wait for their
# next attempt, try at once. A running driver finds its device again by itself, one that somebody stopped
# stays stopped.
#
# Exit status: 0 in sync, 42 changed and now in sync (0 with REPORT_RESTART_42=no), 13 something failed,
# 1 bad argument or unknown section, 2 ups.conf cannot be read. AUTO_START=no starts nothing.
set -u

conf=${NUT_CONFPATH:-/etc/nut}/ups.conf
wants=/etc/systemd/system/nut-driver.target.wants
changed=no failed=no

log() { echo "$(date '+%F %T') [$1] $2" >&2; }

attempt() { # what, then the command
  what=$1
  shift
  if "$@"; then return 0; fi
  log ERROR "$what failed: $*"
  failed=yes
  return 1
}

devices() {
  [ -r "$conf" ] || { log ERROR "cannot read $conf"; exit 2; }
  NUT_QUIET_INIT_BANNER=1 upsdrvctl list 2>/dev/null
}

service_of() { printf 'nut-driver@%s.service\n' "$(systemd-escape -- "$1")"; }

device_of() { # SERVICE
  instance=${1#nut-driver@}
  systemd-escape --unescape -- "${instance%.service}"
}

services() { # those that exist, by the links that enable them
  for link in "$wants"/nut-driver@*.service; do
    [ -L "$link" ] && basename "$link"
  done
}

add() { # DEVICE, SERVICE
  log INFO "new section [$1]: $2"
  attempt "enabling" systemctl --quiet enable "$2" || return
  [ "${AUTO_START:-yes}" = no ] || attempt "starting" systemctl --no-block start "$2"
  changed=yes
}

remove() { # SERVICE
  log INFO "section [$(device_of "$1")] is gone: $1"
  systemctl stop "$1"
  attempt "disabling" systemctl --quiet disable "$1"
  systemctl reset-failed "$1" 2>/dev/null
  changed=yes
}

refresh() { # DEVICE, SERVICE
  systemctl --quiet is-active "$2" || return
  upsdrvctl -c reload-or-error "$1" >/dev/null 2>&1 && return
  log INFO "the driver of [$1] is started anew"
  attempt "restarting" systemctl --no-block restart "$2"
  changed=yes
}

refresh_server() {
  systemctl --quiet is-active nut-server.service || return
  attempt "reloading upsd" systemctl --no-block reload nut-server.service
}

start_waiting() {
  systemctl --quiet is-active nut-driver.target || return
  enabled=$(services) waiting=''
  set -f # escaped names have no blanks, but backslashes
  for service in $(systemctl list-units --plain --no-legend --state=failed,auto-restart,auto-restart-queued \
    'nut-driver@*.service' | cut -d ' ' -f 1); do
    has "$enabled" "$service" && waiting="$waiting $service"
  done
  [ -n "$waiting" ] || return
  log INFO "tried again at once:$waiting"
  systemctl reset-failed $waiting # the limit of starts counts from here
  attempt "restarting" systemctl --no-block restart $waiting
}

known() { # DEVICE
  has "$(devices)" "$1" && return
  log ERROR "no section [$1] in $conf"
  exit 1
}

config_of() { # DEVICE, or nothing for all: its lines as they stand, without comments
  awk -v want="${1-}" '
    /^[ \t]*(#|$)/ { next }
    /^[ \t]*\[.*\]/ { name = $0; gsub(/^[ \t]*\[|\][^]]*$/, "", name); on = (want == "" || name == want)
                        if (on) print "[" name "]"; next }
    on { sub(/^[ \t]+/, ""); sub(/[ \t]+$/, ""); sub(/[ \t]*=[ \t]*/, "="); print }
  ' "$conf"
}

value_of() { # DEVICE KEY...: the last value of each, without quotes around it
  device=$1
  shift
  for key in "$@"; do
    config_of "$device" | sed -n "s/^$key=//p" | tail -n 1 | sed 's/^"\(.*\)"$/\1/'
  done
}

services_wanted() { # for the sections named on standard input
  while read -r device; do
    [ -z "$device" ] || service_of "$device"
  done
}

has() { printf '%s\n' "$1" | grep -Fqx -- "$2"; } # LIST, LINE

synchronise() {
  names=$(devices) || exit 2
  wanted=$(printf '%s\n' "$names" | services_wanted)
  present=$(services)
  set -f # escaped names have no blanks, but backslashes
  for service in $present; do
    has "$wanted" "$service" || remove "$service"
  done
  for service in $wanted; do
    device=$(device_of "$service")
    if has "$present" "$service"; then refresh "$device" "$service"; else add "$device" "$service"; fi
  done
  [ "$changed" = no ] || refresh_server
}

case "${1-}" in
  "" | --reconfigure)
    synchronise
    [ "$failed" = no ] || exit 13
    [ "$changed" = no ] || [ "${REPORT_RESTART_42:-yes}" = no ] || exit 42
    ;;
  --start-waiting)
    start_waiting
    [ "$failed" = no ] || exit 13
    ;;
  --list-devices) devices ;;
  --list-services | --list-instances) services ;;
  --get-service-framework) echo systemd ;;
  --get-service-for-device)
    known "${2?which device}"
    service_of "$2"
    ;;
  --get-device-for-service) device_of "${2?which service}" ;;
  --list-services-for-devices) devices | while read -r device; do printf '%s\t%s\n' "$(service_of "$device")" "$device"; done ;;
  --show-configs | --show-all-configs | --show-device-configs | --show-all-device-configs) config_of ;;
  --show-config | --show-device-config)
    known "${2?which device}"
    config_of "$2"
    ;;
  --show-config-value | --show-device-config-value)
    known "${2?which device}"
    shift
    value_of "$@"
    ;;
  *)
    log ERROR "unknown argument: $1"
    exit 1
    ;;
esac
exit 0
