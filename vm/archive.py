"""Programs the bed needs, from this machine or from Debian's archive.

As root what is missing is installed with apt-get. Otherwise nothing is installed: the packages
and what they need are downloaded and unpacked below the cache, and used from there. Knows apt
and where things lie in a package; leaves to kernel.py what is taken out of a kernel package.
"""
import os
import shutil
import subprocess

PACKAGES = {  # program: the package that brings it
    "qemu-system-x86_64": "qemu-system-x86", "busybox": "busybox-static", "udevadm": "udev", "zstd": "zstd",
}
DISK_PACKAGES = {"mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs", "depmod": "kmod"}   # for a Debian guest
DIRS = ("usr/bin", "usr/sbin", "bin", "sbin")
LIBS = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/pulseaudio", "lib/systemd")


class Missing(Exception):
    """Something the bed cannot go on without; the text says what and which package has it."""


def is_static(path):
    """Whether an ELF program runs without a loader (a guest of a few files has none to spare)."""
    with open(path, "rb") as f:
        return b"ld-linux" not in f.read(4096)


class Apt:
    """apt-get for one suite, with lists and downloads in a private folder unless we are root.

    sources: lines for a sources.list of its own; None: the machine's sources."""

    def __init__(self, folder, sources=None):
        self.folder, self.private = folder, sources is not None or os.geteuid() != 0
        self.sources, self.options = sources, []
        if not self.private:
            return
        # an own suite is resolved from nothing, so that its packages come with all they need
        status = os.path.join(folder, "status") if sources else "/var/lib/dpkg/status"
        for d in ("state/lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(folder, d), exist_ok=True)
        pairs = {"Dir::State": folder + "/state", "Dir::State::status": status, "Dir::Cache": folder + "/cache",
                 "Debug::NoLocking": "1", "APT::Sandbox::User": "", "APT::Install-Recommends": "0"}
        if sources:
            for name, text in (("status", ""), ("sources.list", "\n".join(sources) + "\n")):
                with open(os.path.join(folder, name), "w") as f:
                    f.write(text)
            pairs.update({"Dir::Etc::sourcelist": folder + "/sources.list", "Dir::Etc::sourceparts": "-"})
        self.options = [x for k, v in pairs.items() for x in ("-o", "%s=%s" % (k, v))]

    def run(self, *args, tool="apt-get", cwd=None, timeout=400):
        """Standard output of one call; Missing with apt's own words when it fails."""
        try:
            p = subprocess.run([tool, "-q", *self.options, *args], cwd=cwd, timeout=timeout, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=dict(os.environ, DEBIAN_FRONTEND="noninteractive", LC_ALL="C"))
        except FileNotFoundError:
            raise Missing("there is no %s on this machine" % tool)
        except subprocess.TimeoutExpired:
            raise Missing("%s %s gave no answer in %d s" % (tool, " ".join(args), timeout))
        if p.returncode:
            raise Missing("%s %s: %s" % (tool, " ".join(args), " ".join(p.stderr.split())[:400]))
        return p.stdout

    def update(self):
        """Fetch the package lists; failing is left to the next step, which may do without."""
        try:
            self.run("update", "-o", "APT::Update::Error-Mode=any")
        except Missing as why:
            print("vm: " + str(why), flush=True)

    def needed(self, names):
        """The packages that installing these would bring, themselves included."""
        out = self.run("-s", "--no-install-recommends", "install", *names)
        return [line.split()[1] for line in out.splitlines() if line.startswith("Inst ")]

    def download(self, names, into):
        """Download packages; their paths."""
        os.makedirs(into, exist_ok=True)
        self.run("download", *names, cwd=into)
        return sorted(os.path.join(into, f) for f in os.listdir(into) if f.endswith(".deb"))

    def unpack(self, names, root):
        """Download these packages and unpack them below root."""
        debs = root + ".debs"
        for deb in self.download(names, debs):
            subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
        shutil.rmtree(debs)


def mirror():
    """The copy of Debian's archive that this machine's own apt uses."""
    out = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
                         stdout=subprocess.PIPE, text=True).stdout
    for uri in out.split():
        if uri.rstrip("/").endswith("/debian"):
            return uri
    raise Missing("no copy of Debian's archive is among apt's sources")


class Tools:
    """Where the programs are. tools["busybox"] is a path; env() lets unpacked ones find their libraries."""

    def __init__(self, cache, packages=PACKAGES):
        self.cache, self.root, self.packages = cache, os.path.join(cache, "root"), packages

    def find(self, program):
        """The path of a program, or None."""
        places = [os.environ.get("PATH", ""), "/usr/sbin", "/sbin"] + [os.path.join(self.root, d) for d in DIRS]
        for place in os.pathsep.join(places).split(os.pathsep):
            path = shutil.which(program, path=place)
            if path and not (program == "busybox" and not is_static(path)):
                return path
        return None

    def __getitem__(self, program):
        path = self.find(program)
        if path is None:
            raise Missing("%s is missing (Debian package %s)" % (program, self.packages[program]))
        return path

    def path(self, name):
        """A file of a package, '/usr/lib/...': the machine's own or the unpacked one; None if neither."""
        for base in ("", self.root):
            for p in (base + name, base + name.replace("/usr", "", 1)):
                if os.path.exists(p):
                    return p
        return None

    def env(self):
        """The environment for a program that may be an unpacked one."""
        dirs = [os.path.join(self.root, d) for d in LIBS]
        have = [d for d in dirs if os.path.isdir(d)]
        return dict(os.environ, LD_LIBRARY_PATH=":".join(have)) if have else dict(os.environ)

    def missing(self):
        """Packages whose programs are not here."""
        return [pkg for prog, pkg in self.packages.items() if self.find(prog) is None]

    def provide(self):
        """See to it that every program is here; Missing when that cannot be done."""
        names = self.missing()
        if not names:
            return
        apt = Apt(os.path.join(self.cache, "apt"))
        try:
            apt.update()
            if apt.private:
                print("vm: not root: unpacking %s into %s" % (", ".join(names), self.root), flush=True)
                apt.unpack(apt.needed(names), self.root)
            else:
                print("vm: apt-get install %s" % " ".join(names), flush=True)
                apt.run("install", "-y", "--no-install-recommends", *names)
        except (Missing, subprocess.CalledProcessError) as why:
            raise Missing("these packages are missing and could not be had: %s\n  %s\n  Install them and run "
                          "`cargo xtask vm` again." % (", ".join(names), why))
        if self.missing():
            raise Missing("still missing after unpacking: " + ", ".join(self.missing()))
