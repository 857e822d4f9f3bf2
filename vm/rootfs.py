"""The Debian guest's disk: a root file system made from packages, with an agent on the second serial port.

Built once and kept below the cache; built anew when this recipe or the kernel changes. Debian's own NUT
lies in it as packages, not installed. Knows mmdebstrap and what a virtual machine needs; needs root, as
owners and device nodes are made. Leaves the kernel to kernel.py and starting the guest to box.py.
"""
import hashlib
import os
import shutil
import subprocess

import archive
import initramfs
import kernel

HERE = os.path.dirname(os.path.abspath(__file__))
SUITE = "bookworm"
INCLUDE = ("systemd-sysv,udev,dbus,kmod,iproute2,procps,"
           "python3,python3-cffi,psmisc,netcat-openbsd,lsb-release")   # the last line for Debian's own tests of NUT
NUT = "nut-server nut-client"
NUT_DEBS = "/opt/nut"                                         # where these and what they need lie in the guest
SIZE = "1500M"
DISK_MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4")
MODULES = DISK_MODULES + ("virtio_rng", "xhci_pci", "usbhid", "hid_generic", "autofs4")
APPLETS = ("sh", "mount", "umount", "insmod", "usleep", "switch_root")
AGENT = """[Unit]
Description=runs commands that come over the second serial port
[Service]
ExecStart=/bin/sh /usr/lib/vm/agent /dev/ttyS1
Restart=always
RestartSec=1
OOMScoreAdjust=-900
[Install]
WantedBy=multi-user.target
"""
FILES = {
    "etc/fstab": "/dev/vda / ext4 noatime 0 0\n",
    "etc/hostname": "upsbox\n",
    "etc/hosts": "127.0.0.1 localhost upsbox\n::1 localhost ip6-localhost\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/dpkg/dpkg.cfg.d/unsafe-io": "force-unsafe-io\n",
    "etc/systemd/system/vm-agent.service": AGENT,
}
MASKED = ("getty@tty1.service serial-getty@ttyS0.service systemd-timesyncd.service systemd-firstboot.service "
          "systemd-binfmt.service proc-sys-fs-binfmt_misc.automount e2scrub_reap.service e2scrub_all.timer fstrim.timer "
          "apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer").split()


def provide(cache, tools, moddir):
    """(disk image, initramfs) of the guest, built where they are missing or out of date."""
    folder = os.path.join(cache, "debian")
    made = tuple(os.path.join(folder, n) for n in ("disk.img", "initrd"))
    recipe = stamp(moddir)
    if read(folder + "/stamp") == recipe and all(map(os.path.exists, made)):
        return made
    if os.geteuid():
        raise archive.Missing("the Debian guest's disk is made by root")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    print("vm: building a Debian %s guest from packages" % SUITE, flush=True)
    root = os.path.join(folder, "root")
    bootstrap(root, folder + "/log")
    customise(root, tools, moddir)
    make_disk(root, made[0])
    make_initramfs(made[1], tools, moddir)
    with open(folder + "/stamp", "w") as f:
        f.write(recipe)
    return made


def stamp(moddir):
    """What the image is a function of, but for the state of Debian's archive."""
    h = hashlib.sha256(os.path.basename(moddir).encode())
    for name in ("rootfs.py", "initramfs.py", "guest/agent", "guest/disk-init"):
        with open(os.path.join(HERE, name), "rb") as f:
            h.update(f.read())
    return h.hexdigest()


def read(path):
    """A text file's content; nothing when there is none."""
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return None


def bootstrap(root, log):
    """Debian's smallest system with NUT's packages beside it."""
    cmd = ["mmdebstrap", "--mode=root", "--variant=minbase", "--include=" + INCLUDE]
    cmd += ["--dpkgopt=path-exclude=/usr/share/%s/*" % d for d in ("doc", "man", "locale", "info")]
    cmd += ['--aptopt=Acquire::Languages "none"', "--dpkgopt=force-unsafe-io"]
    hooks = ('chroot "$1" apt-get clean',
             'chroot "$1" apt-get install -y --no-install-recommends --download-only ' + NUT,
             'mkdir -p "$1%s" && mv "$1"/var/cache/apt/archives/*.deb "$1%s/"' % (NUT_DEBS, NUT_DEBS),
             'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/var/log/apt')
    cmd += ["--customize-hook=" + h for h in hooks]
    with open(log, "w") as f:
        done = subprocess.run(cmd + [SUITE, root, archive.mirror()], stdin=subprocess.DEVNULL, stdout=f, stderr=f,
                              timeout=1800)
    if done.returncode:
        raise archive.Missing("mmdebstrap failed: " + " ".join((read(log) or "").split())[-600:])


def customise(root, tools, moddir):
    """What makes a Debian system a guest of ours: its agent, its modules, no log-in and no timers."""
    for path, text in FILES.items():
        put(root, path, text.encode())
    units = os.path.join(root, "etc/systemd/system")
    os.makedirs(units + "/multi-user.target.wants", exist_ok=True)
    os.symlink("/etc/systemd/system/vm-agent.service", units + "/multi-user.target.wants/vm-agent.service")
    for name in MASKED:
        path = os.path.join(units, name)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink("/dev/null", path)
    with open(os.path.join(HERE, "guest/agent"), "rb") as f:
        put(root, "usr/lib/vm/agent", f.read())
    add_modules(root, tools, moddir)


def put(root, path, data):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, 0o644)


def add_modules(root, tools, moddir):
    version = os.path.basename(moddir)
    for name, data in kernel.modules(moddir, MODULES, tools):
        put(root, "lib/modules/%s/%s" % (version, name), data)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(os.path.join(moddir, name), os.path.join(root, "lib/modules", version, name))
    subprocess.run([tools["depmod"], "-b", root, version], check=True)


def make_disk(root, image):
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^metadata_csum,^64bit", "-E", "lazy_itable_init=1", "-m", "0",
                    "-L", "root", "-d", root, image, SIZE], check=True)
    shutil.rmtree(root)


def make_initramfs(path, tools, moddir):
    """Just enough to mount the disk."""
    c = initramfs.Cpio()
    for d in ("usr/bin", "usr/lib/modules", "proc", "sys", "dev", "mnt", "etc"):
        c.dir(d)
    for name, target in (("bin", "usr/bin"), ("sbin", "usr/bin"), ("lib", "usr/lib")):
        c.link(name, target)
    c.node("dev/console", 5, 1, 0o600)
    c.file("usr/bin/busybox", tools["busybox"], 0o755)
    for app in APPLETS:
        c.link("usr/bin/" + app, "busybox")
    c.file("init", os.path.join(HERE, "guest/disk-init"), 0o755)
    found = kernel.modules(moddir, DISK_MODULES, tools)
    for name, data in found:
        c.data("usr/lib/modules/" + name, data)
    c.data("etc/modules", "".join("/lib/modules/%s\n" % name for name, _ in found))
    c.write(path)
