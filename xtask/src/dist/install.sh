#!/bin/sh
# Installs this build of Walnut as the file `manifest` says: kind, owner, mode, path, and a link's target.
#
#   ./install.sh              on this system, with user nut, services and udev rules; needs root
#   ./install.sh --root DIR   below DIR, whose group nut must be there; nothing is started
#   ./install.sh --remove     takes the installation away again
#
# Files of /etc/nut that are there stay as they are, in every case.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root='' action=install
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=${2?which folder} && shift ;;
    --remove) action=remove ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" && exit 1 ;;
  esac
  shift
done

refuse() {
  echo "$1" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

packaged() { # PATH
  if has dpkg-query && dpkg-query -S "$1" >/dev/null 2>&1; then return 0; fi
  has rpm && rpm -qf "$1" >/dev/null 2>&1
}

make_user() {
  if id nut >/dev/null 2>&1; then return 0; fi
  if has systemd-sysusers; then
    systemd-sysusers "$here/tree/usr/lib/sysusers.d/nut.conf"
  elif has useradd; then
    groupadd --system nut
    useradd --system --gid nut --home-dir /var/lib/nut --no-create-home --shell /sbin/nologin nut
  elif has addgroup && has adduser; then # busybox's
    addgroup -S nut
    adduser -S -D -H -h /var/lib/nut -s /sbin/nologin -G nut nut
  else
    number=999
    while cut -d : -f 3 /etc/passwd /etc/group | grep -qx $number; do number=$((number - 1)); done
    echo "nut:x:$number:" >>/etc/group
    echo "nut:!:$number:$number:Network UPS Tools:/var/lib/nut:/sbin/nologin" >>/etc/passwd
  fi
}

own() { # OWNER MODE PATH
  chown "$(echo "$1" | sed "s/:nut\$/:$group/")" "$3"
  chmod "$2" "$3"
}

put() { # OWNER MODE PATH. A running program keeps its file
  mkdir -p "$(dirname "$root/$3")"
  cp "$here/tree/$3" "$root/$3.new"
  own "$1" "$2" "$root/$3.new"
  mv -f "$root/$3.new" "$root/$3"
}

install_one() { # KIND OWNER MODE PATH [TARGET]
  case $1 in
    folder)
      if [ ! -d "$root/$4" ]; then
        mkdir -p "$root/$4"
        own "$2" "$3" "$root/$4"
      fi
      ;;
    keep) if [ -e "$root/$4" ]; then echo "/$4: left as it is"; else put "$2" "$3" "$4"; fi ;;
    link)
      mkdir -p "$(dirname "$root/$4")"
      ln -sfn "$5" "$root/$4"
      ;;
    file) put "$2" "$3" "$4" ;;
    *) refuse "manifest: what is $1?" ;;
  esac
}

units() { # those that something can pull in
  for unit in "$here"/tree/lib/systemd/system/nut*; do
    if [ ! -L "$unit" ] && grep -q '^\[Install\]' "$unit"; then basename "$unit"; fi
  done
}

make_volatile() { # what systemd-tmpfiles would make
  sed -n 's/^d //p' "$here/tree/usr/lib/tmpfiles.d/nut.conf" | while read -r path mode user of rest; do
    mkdir -p "$path"
    own "$user:$of" "$mode" "$path"
  done
}

start() {
  if [ -d /run/udev ]; then
    udevadm control --reload || true
    udevadm trigger --action=change --subsystem-match=usb --subsystem-match=hidraw || true
  fi
  if [ ! -d /run/systemd/system ]; then
    make_volatile
    echo "No systemd runs here: start upsdrvctl, upsd and upsmon at boot, with /run/nut as it is now."
    return
  fi
  systemd-tmpfiles --create nut.conf
  systemctl daemon-reload
  systemctl --quiet enable $(units)
  systemctl try-restart 'nut-driver@*.service' nut-server.service nut-monitor.service
  echo "Set MODE in /etc/nut/nut.conf, then: systemctl restart nut.target"
}

# Serial ports are another group's on some systems. A unit that names a group that is not there cannot start.
without_dialout() {
  if grep -q '^dialout:' "$root/etc/group"; then return 0; fi
  folder="$root/etc/systemd/system/nut-driver@.service.d"
  mkdir -p "$folder"
  printf '[Service]\nSupplementaryGroups=\n' >"$folder/no-dialout.conf"
}

install_all() {
  for path in /sbin/upsd /usr/sbin/upsd /sbin/upsmon /usr/sbin/upsmon; do
    if [ -z "$root" ] && packaged "$path"; then
      refuse "$path belongs to a package: remove that first; it leaves /etc/nut where it is"
    fi
  done
  [ -n "$root" ] || make_user
  group=$(sed -n 's/^nut:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/group")
  [ -n "$root" ] || : "${group:=nut}"
  [ -n "$group" ] || refuse "$root/etc/group has no group nut"
  while read -r kind owner mode path target; do
    install_one "$kind" "$owner" "$mode" "$path" "$target"
  done <"$here/manifest"
  without_dialout
  [ -n "$root" ] || start
}

remove_all() {
  if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl stop nut.target 'nut-driver@*.service' nut-server.service nut-monitor.service
    systemctl --quiet disable $(units) 'nut-driver@*.service' || true
  fi
  while read -r kind owner mode path target; do
    case $kind in file | link) rm -f "$root/$path" ;; esac
  done <"$here/manifest"
  rm -f "$root/etc/systemd/system/nut-driver@.service.d/no-dialout.conf"
}

"${action}_all"
