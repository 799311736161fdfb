"""A shell script in Debian's busybox, run to its end on a kernel: what it printed."""
import os
import re
import shlex
import subprocess

from conftest import BUILD

INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /dev /tmp /usr/bin /usr/sbin /sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /tmp
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/ LC_ALL=C
echo '== begin'
sh /script.sh
echo "== end $?"
poweroff -f
"""


def run_on(kernel, image, name, timeout=240):
    """The script's output; the console is kept in the build folder. One boot in eighty of a Linux with a second hart
    never ends under QEMU 7.2, and it needs none here."""
    harts = "1" if name.endswith("linux") else "2"
    command = os.environ.get("PANDO_QEMU_PREFIX", "").split() + [
        "qemu-system-riscv64", "-M", "virt", "-smp", harts, "-m", "512M", "-nographic", "-no-reboot", "-kernel", kernel,
        "-initrd", image, "-append", "console=ttyS0 quiet loglevel=1 panic=-1"]
    os.makedirs(BUILD, exist_ok=True)
    log = os.path.join(BUILD, f"busybox-{name}.log")
    with open(log, "wb") as out:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, timeout=timeout,
                       check=False)
    with open(log, "rb") as file:
        text = file.read().decode(errors="replace").replace("\r\n", "\n")
    match = re.search(r"== begin\n(.*)== end (\d+)\n", text, re.S)
    assert match, f"the script did not reach its end; {log} ends:\n{text[-1500:]}\nmachine: {shlex.join(command)}"
    return match[1]
