#!/usr/bin/env python3
"""Pack an initramfs: a newc cpio, written here so that it needs no root and comes out the same each time.

    mkinitramfs.py --grove build/grove --sources initramfs/grove --etc initramfs/etc -o build/initramfs.cpio
    mkinitramfs.py --busybox PATH -o build/busybox.cpio
    mkinitramfs.py --tree DIR -o X.cpio                    a folder as it is

--overlay DIR (may be repeated) is laid over the rest. Entries are sorted, times and owners are 0; permissions are those
of the files. /dev/console is always there, since the kernel opens it for /init before anything is mounted.
"""
import argparse
import os
import re
import stat
import sys

APPLET = re.compile(r'^(?:APPLET|APPLET_NOFORK)\((\w+)|^APPLET_NAMED\(\s*\w+,\s*"([^"]+)"', re.M)

BUSYBOX_INIT = """#!/bin/busybox sh
# Names for every command, the usual mounts, and then a shell on the console that has job control.
/bin/busybox mkdir -p /proc /sys /dev /tmp /root /usr/bin /usr/sbin /sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /tmp 2>/dev/null
mount -t sysfs sysfs /sys 2>/dev/null
mkdir -p /dev/pts && mount -t devpts devpts /dev/pts 2>/dev/null
export HOME=/root TERM=${TERM:-linux} PATH=/bin:/sbin:/usr/bin:/usr/sbin PS1='busybox:$PWD# '
cd /root
setsid cttyhack sh
poweroff -f
"""


class Archive:
    """Entries by path. A later entry replaces an earlier one; folders above an entry are made."""

    def __init__(self):
        self.entries = {}

    def add(self, path, mode, data=b"", device=(0, 0)):
        path = os.path.normpath(path).strip("/")
        parent = os.path.dirname(path)
        if parent and parent not in self.entries:
            self.add(parent, stat.S_IFDIR | 0o755)
        self.entries[path] = (mode, data, device)

    def folder(self, path, mode=0o755):
        self.add(path, stat.S_IFDIR | mode)

    def file(self, path, data, mode=0o644):
        self.add(path, stat.S_IFREG | mode, data.encode() if isinstance(data, str) else data)

    def link(self, path, target):
        self.add(path, stat.S_IFLNK | 0o777, target.encode())

    def tree(self, source, below=""):
        """Everything under the folder `source`, symbolic links as links."""
        for folder, folders, files in os.walk(source):
            inside = os.path.normpath(os.path.join(below, os.path.relpath(folder, source)))
            if inside != ".":
                self.folder(inside, stat.S_IMODE(os.stat(folder).st_mode))
            for name in files + [f for f in folders if os.path.islink(os.path.join(folder, f))]:
                self.copy(os.path.join(folder, name), os.path.join(inside, name))

    def copy(self, source, path, mode=None):
        info = os.lstat(source)
        if stat.S_ISLNK(info.st_mode):
            self.link(path, os.readlink(source))
        elif stat.S_ISREG(info.st_mode):
            with open(source, "rb") as file:
                self.file(path, file.read(), stat.S_IMODE(info.st_mode) if mode is None else mode)

    def write(self, out):
        for number, (path, entry) in enumerate(sorted(self.entries.items()), 1):
            write_entry(out, number, path, *entry)
        write_entry(out, 0, "TRAILER!!!", 0, b"", (0, 0))
        out.write(b"\0" * (-out.tell() % 512))


def write_entry(out, number, path, mode, data, device):
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (number, mode, 0, 0, links, 0, len(data), 0, 0, device[0], device[1], len(name), 0)
    out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
    out.write(b"\0" * (-out.tell() % 4) + data)
    out.write(b"\0" * (-out.tell() % 4))


def add_frame(archive):
    for path in ("bin", "dev", "etc", "proc", "root", "sys", "usr"):
        archive.folder(path)
    archive.folder("tmp", 0o1777)
    archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    archive.add("dev/null", stat.S_IFCHR | 0o666, device=(1, 3))


def find_applets(sources):
    """Names declared by APPLET() in grove's sources; `init` is /init and needs no link in /bin."""
    names = set()
    for name in sorted(os.listdir(sources)):
        if name.endswith(".c"):
            with open(os.path.join(sources, name), encoding="utf-8") as file:
                names |= {match[1] or match[2] for match in APPLET.finditer(file.read())}
    return sorted(names)


def add_grove(archive, program, sources, etc):
    archive.copy(program, "bin/grove", 0o755)
    archive.link("init", "bin/grove")
    for name in find_applets(sources):
        archive.link(f"bin/{name}", "grove")
    if etc and os.path.isdir(etc):
        archive.tree(etc, "etc")


def add_busybox(archive, program):
    archive.copy(program, "bin/busybox", 0o755)
    archive.link("bin/sh", "busybox")
    archive.file("init", BUSYBOX_INIT, 0o755)
    archive.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    archive.file("etc/group", "root:x:0:\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grove")
    parser.add_argument("--sources")
    parser.add_argument("--etc")
    parser.add_argument("--busybox")
    parser.add_argument("--tree", action="append", default=[])
    parser.add_argument("--overlay", action="append", default=[])
    parser.add_argument("-o", dest="output", required=True)
    args = parser.parse_args()
    archive = Archive()
    add_frame(archive)
    if args.grove:
        add_grove(archive, args.grove, args.sources, args.etc)
    if args.busybox:
        if not os.path.exists(args.busybox):
            sys.exit("mkinitramfs: no busybox: Debian's could not be fetched")
        add_busybox(archive, args.busybox)
    for folder in args.tree + args.overlay:
        archive.tree(folder)
    with open(args.output, "wb") as out:
        archive.write(out)


if __name__ == "__main__":
    main()
