"""Debian's unshare, nsenter and setpriv, unmodified: script.sh gives the same bytes on Linux and on Pando."""
import difflib
import os
import shutil
import subprocess
import sys

from busybox_run import INIT, run_on
from conftest import IMAGE, ROOT

PROGRAMS = ("unshare", "nsenter", "setpriv")
LIBRARIES = {
    "libc6": ("libc.so.6",),
    "libcap-ng0": ("libcap-ng.so.0",),
    "libselinux1": ("libselinux.so.1",),
    "libpcre2-8-0": ("libpcre2-8.so.0",),
}


def find_file(folder, name):
    for where, _, names in os.walk(folder):
        if name in names:
            return os.path.realpath(os.path.join(where, name))
    raise FileNotFoundError(f"{name} in {folder}")


def make_image(oracle, folder):
    tree = folder / "tree"
    libraries = tree / "lib/riscv64-linux-gnu"
    programs = tree / "opt"
    libraries.mkdir(parents=True)
    programs.mkdir()
    (tree / "etc").mkdir()
    (tree / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    (tree / "etc/group").write_text("root:x:0:\n")
    (tree / "init").write_text(INIT.replace("PATH=", "PATH=/opt:"))
    (tree / "init").chmod(0o755)
    shutil.copy(os.path.join(ROOT, "tests/namespaces/script.sh"), tree / "script.sh")
    for name in PROGRAMS:
        shutil.copy(find_file(os.path.join(oracle("util-linux"), "usr/bin"), name), programs / name)
    for package, names in LIBRARIES.items():
        for name in names:
            shutil.copy(find_file(oracle(package), name), libraries / name)
    shutil.copy(find_file(oracle("libc6"), "ld-linux-riscv64-lp64d.so.1"), tree / "lib")
    image = folder / "namespaces.cpio"
    subprocess.run([sys.executable, os.path.join(ROOT, "tools/mkinitramfs.py"), "--busybox", oracle("busybox"),
                    "--overlay", str(tree), "-o", str(image)], check=True)
    return str(image)


def test_script(oracle, tmp_path):
    image = make_image(oracle, tmp_path)
    on_pando = run_on(IMAGE, image, "namespaces-pando")
    on_linux = run_on(oracle("linux"), image, "namespaces-linux")
    difference = list(difflib.unified_diff(on_linux.split("\n"), on_pando.split("\n"), "Linux", "Pando", n=1))
    assert not difference, "\n".join(difference)
