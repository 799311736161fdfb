"""Debian's busybox, unmodified: script.sh through its ash gives the same bytes on Linux and on Pando."""
import difflib
import os
import subprocess
import sys
import time

from busybox_run import INIT, run_on
from conftest import IMAGE, ROOT


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
