"""A stock Debian kernel: the image QEMU starts and the few modules the guest loads.

Taken from $VM_KERNEL with $VM_MODULES, or out of Debian's linux-image package into the cache
(never installed: only the modules a USB guest needs are kept). Leaves downloading to archive.py.
"""
import glob
import hashlib
import lzma
import os
import re
import shutil
import struct
import subprocess
import tarfile
import zlib

from archive import Apt, Missing

KEEP = re.compile(r"\./(boot/vmlinuz-|(usr/)?lib/modules/[^/]+/(modules\.(builtin|order)|kernel/("
                  r"drivers/(usb|hid|input|virtio|char/hw_random)/|drivers/block/virtio_blk|fs/(ext4|jbd2|mbcache|autofs)|"
                  r"lib/crc|crypto/crc32c|arch/x86/crypto/crc32c)))")


def provide(cache, tools):
    """(vmlinux, module folder) of the kernel to boot."""
    image = os.environ.get("VM_KERNEL")
    if image:
        modules = os.environ.get("VM_MODULES") or "/lib/modules/" + os.path.basename(image).partition("-")[2]
        if not os.path.isdir(modules):
            raise Missing("no kernel modules in %s; set VM_MODULES" % modules)
        return vmlinux(image, cache, tools), modules
    folder = os.path.join(cache, "kernel")
    if not holds_what_is_kept(folder):
        fetch(folder, Apt(os.path.join(cache, "apt")))
    image = sorted(glob.glob(folder + "/boot/vmlinuz-*"))[-1]
    found = glob.glob(folder + "/lib/modules/*") + glob.glob(folder + "/usr/lib/modules/*")
    return vmlinux(image, cache, tools), sorted(found)[-1]


def holds_what_is_kept(folder):
    """Whether an earlier fetch took all that would be taken today."""
    try:
        with open(os.path.join(folder, "kept")) as f:
            return f.read() == KEEP.pattern
    except OSError:
        return False


def fetch(folder, apt):
    """Unpack the parts we use of the newest linux-image into folder."""
    try:
        try:
            package = newest(apt)
        except Missing:
            apt.update()
            package = newest(apt)
        print("vm: fetching %s from the archive" % package, flush=True)
        debs = apt.download([package], folder + ".debs")
    except Missing as why:
        raise Missing("no kernel: the package linux-image-amd64 could not be had from Debian's archive\n  %s\n"
                      "  Set VM_KERNEL to a kernel image with USB and HID, and VM_MODULES to its modules." % why)
    part = "%s.%d" % (folder, os.getpid())
    for deb in debs:
        p = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE)
        with tarfile.open(fileobj=p.stdout, mode="r|") as tar:
            for member in tar:
                if member.isreg() and KEEP.match(member.name):
                    tar.extract(member, part)
        if p.wait():
            raise Missing("%s cannot be unpacked" % deb)
    with open(os.path.join(part, "kept"), "w") as f:
        f.write(KEEP.pattern)
    shutil.rmtree(folder + ".debs")
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(part, folder)


def newest(apt):
    """The package linux-image-amd64 stands for today."""
    out = apt.run("depends", "linux-image-amd64", tool="apt-cache")
    m = re.search(r"Depends: (linux-image-\d\S*)", out)
    if not m:
        raise Missing("linux-image-amd64 names no kernel")
    return m.group(1)


def vmlinux(bzimage, cache, tools):
    """The ELF inside a bzImage, cached. QEMU starts it over PVH, which spares the guest the
    decompression (8 s in software emulation). The file itself when it cannot be unpacked."""
    with open(bzimage, "rb") as f:
        image = f.read()
    if image[:4] == b"\x7fELF":
        return bzimage
    out = os.path.join(cache, "vmlinux-" + hashlib.sha256(image).hexdigest()[:16])
    if os.path.exists(out):
        return out
    elf = decompress(payload(image), tools)
    if elf[:4] != b"\x7fELF":
        return bzimage
    with open("%s.%d" % (out, os.getpid()), "wb") as f:
        f.write(elf)
    os.replace(f.name, out)
    return out


def payload(image):
    """The compressed kernel in a bzImage (Linux x86 boot protocol, setup header at 0x1f1)."""
    setup = image[0x1f1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup + 1) * 512 + offset
    return image[start:start + length]


def decompress(data, tools):
    """xz, gzip or zstd data; anything else comes back empty."""
    if data[:6] == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor().decompress(data)
    if data[:2] == b"\x1f\x8b":
        return zlib.decompressobj(31).decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        # a kernel's payload ends with its length, which zstd takes for rubbish: only the output counts
        return subprocess.run([tools["zstd"], "-dc"], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env=tools.env()).stdout
    return b""


def modules(folder, names, tools):
    """(file name, bytes) of the named modules and those they depend on, in load order."""
    files = {}
    for base, _, entries in os.walk(folder):
        for e in entries:
            if ".ko" in e:
                files[e.partition(".ko")[0].replace("-", "_")] = os.path.join(base, e)
    builtin = read_builtin(folder)
    order = {}

    def add(name):
        name = name.replace("-", "_")
        if name in order or name in builtin:
            return
        if name not in files:
            raise Missing("the kernel has no module " + name)
        with open(files[name], "rb") as f:
            data = f.read()
        data = data if data[:4] == b"\x7fELF" else decompress(data, tools)
        for m in re.finditer(rb"\0depends=([^\0]+)\0", data):
            for need in m.group(1).decode().split(","):
                add(need)
        order[name] = data

    for n in names:
        add(n)
    return [(name + ".ko", data) for name, data in order.items()]


def read_builtin(folder):
    """Names of the drivers that are part of the image."""
    try:
        with open(os.path.join(folder, "modules.builtin")) as f:
            return {os.path.basename(line).partition(".ko")[0].replace("-", "_") for line in f}
    except OSError:
        return set()
