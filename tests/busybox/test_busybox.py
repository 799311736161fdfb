"""Debian's busybox, unmodified: script.sh through its ash gives the same bytes on Linux and on Pando."""
import difflib
import os
import re
import shlex
import subprocess
import sys
import time

from conftest import BUILD, IMAGE, ROOT

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


def make_image(busybox, folder):
    tree = folder / "tree"
    tree.mkdir()
    (tree / "init").write_text(INIT)
    (tree / "init").chmod(0o755)
    (tree / "script.sh").write_bytes(open(os.path.join(ROOT, "tests/busybox/script.sh"), "rb").read())
    image = folder / "script.cpio"
    subprocess.run([sys.executable, os.path.join(ROOT, "tools/mkinitramfs.py"), "--busybox", busybox,
                    "--overlay", str(tree), "-o", str(image)], check=True)
    return str(image)


def run_on(kernel, image, name, timeout=240):
    """The script's output; the console is kept in the build folder."""
    command = os.environ.get("PANDO_QEMU_PREFIX", "").split() + [
        "qemu-system-riscv64", "-M", "virt", "-smp", "2", "-m", "512M", "-nographic", "-no-reboot", "-kernel", kernel,
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


def test_script(oracle, tmp_path):
    image = make_image(oracle("busybox"), tmp_path)
    on_pando = run_on(IMAGE, image, "pando")
    on_linux = run_on(oracle("linux"), image, "linux")
    difference = list(difflib.unified_diff(on_linux.split("\n"), on_pando.split("\n"), "Linux", "Pando", n=1))
    assert not difference, "\n".join(difference)


def test_the_script_is_long_enough():
    with open(os.path.join(ROOT, "tests/busybox/script.sh"), encoding="utf-8") as file:
        lines = [line for line in file if line.strip() and not line.startswith("#")]
    assert len(lines) >= 60


def test_interactive_shell_has_job_control(oracle, tmp_path, boot):
    """What `make run USERLAND=busybox` starts: ash on the console's own terminal."""
    image = tmp_path / "busybox.cpio"
    subprocess.run([sys.executable, os.path.join(ROOT, "tools/mkinitramfs.py"), "--busybox", oracle("busybox"),
                    "-o", str(image)], check=True)
    shell = boot(initrd=str(image), append="quiet", prompt=r"busybox:[^\r\n]*# ")
    shell.line("sleep 100 | cat")
    time.sleep(0.6)  # long enough for the job to have started
    shell.control("z")
    shell.prompt(timeout=5)
    shell.line("fg")
    time.sleep(0.6)
    shell.control("c")
    shell.prompt(timeout=5)
    shell.line("tty; jobs; echo end=$?")
    match = shell.expect(r"(/dev/\w+)\r*\n(.*)end=0\r*\n")
    assert match[1] == "/dev/ttyS0" and match[2] == ""
