#!/bin/sh
# What nut.conf says, for service units and for the end of a shutdown.
#
#   nut-conf.sh value NAME    prints a variable, without a line feed
#   nut-conf.sh runs drivers  ends with 0 if MODE wants drivers and upsd here
#   nut-conf.sh runs monitor  the same for upsmon
#
# The file is a shell's: quotes, comments behind a value and `export` count, blanks beside "=" make it a
# command, and the last assignment is the one. A variable that a shell does not find there is looked for in
# the environment, where systemd put its own reading of the file: whoever writes MODE = none gets nothing
# started, even if the shell sees no MODE. No MODE at all, and any word but none and netclient (manual and
# controlled, say), runs everything.
set -u

conf=${NUT_CONFPATH:-/etc/nut}/nut.conf

value() { # NAME. What was set before a line that no shell understands counts too, hence the trap
  (
    exec 2>/dev/null
    trap 'eval "printf %s \"\${$1-}\""' EXIT
    [ ! -r "$conf" ] || . "$conf" >&2
  ) | tr -d '\r'
}

warn_of_blanks() {
  [ -r "$conf" ] || return 0
  line=$(grep -nE '^[[:space:]]*MODE([[:space:]]+=|=[[:space:]]+[^#[:space:]])' "$conf" | head -n 1)
  [ -z "$line" ] || echo "$conf:${line%%:*}: a blank beside \"=\"; scripts see no MODE here" >&2
}

runs() { # PART
  warn_of_blanks
  case $1:$(value MODE) in
    *:none | drivers:netclient) return 1 ;;
    drivers:* | monitor:*) return 0 ;;
    *) return 2 ;;
  esac
}

case ${1-} in
  value) value "${2?which variable}" ;;
  runs) runs "${2?drivers or monitor}" ;;
  *)
    echo "unknown argument: ${1-}" >&2
    exit 2
    ;;
esac
