#!/bin/sh
# Tries a static tarball in a root that has nothing but busybox: installs it, starts a simulated UPS and upsd,
# asks them, and takes everything away again. Runs in namespaces of its own.
#
# Usage: trial.sh TARBALL BUSYBOX FOLDER
set -eu
tarball=$1 root=$3

mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/dev" "$root/tmp" "$root/run" "$root/var"
cp "$2" "$root/bin/busybox"
for tool in sh sed grep cat cut cp mv mkdir chown chmod ln rm id basename dirname ls sleep; do
  ln -sf busybox "$root/bin/$tool"
done
echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
tar -xzf "$tarball" -C "$root/tmp"
mount -t proc proc "$root/proc"
for node in null urandom; do
  : >"$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir -p "$root/etc/nut"
printf '[trial]\n  driver = dummy-ups\n  port = trial.dev\n' >"$root/etc/nut/ups.conf"
printf 'ups.status: OL\nbattery.charge: 90\n' >"$root/etc/nut/trial.dev"
"$2" ip link set lo up
echo 'LISTEN 127.0.0.1' >"$root/etc/nut/upsd.conf"
chmod 755 "$root"

inside() { env -i PATH=/bin:/sbin chroot "$root" "$@"; }

inside sh -ec "cd /tmp/walnut-*; ./install.sh"
inside ls -ln /etc/nut /run/nut /sbin/upsd
inside sh -ec 'test "$(id -u nut)" -gt 0; chown root:nut /etc/nut/*.*; chmod 640 /etc/nut/*.*'
inside upsdrvctl start
inside upsd
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  if inside upsc trial@localhost ups.status; then break; fi
  sleep 1
done
inside upsc trial@localhost | grep -x 'ups.status: OL'
inside upsmon -V
inside sh -c 'for p in /proc/[0-9]*; do sed -n "s/^Uid:/$(cat $p/comm) &/p" $p/status; done' | grep -E 'upsd|dummy'
inside upsd -c stop
inside upsdrvctl stop
inside sh -ec "cd /tmp/walnut-*; ./install.sh --remove; test ! -e /sbin/upsd; test -e /etc/nut/ups.conf"
echo "trial passed"
