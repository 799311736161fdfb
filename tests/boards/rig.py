"""What the board tests share: cards, device trees that are changed before use, a way to start the kernel with them.

A tree comes to the kernel in one of two ways. -dtb gives it to firmware and kernel alike. By a springboard it is the
kernel's alone: a few instructions where the firmware jumps, which put the address of the tree into a1 and jump to the
kernel, wherever that was loaded; the firmware keeps QEMU's tree and so its console. What a test needs and is not
installed is named in its skip; a skip is not a pass.
"""
import os
import re
import subprocess
import sys

import pytest

from conftest import BUILD, IMAGE, INITRD, ROOT, Pando, fetch

UBOOT = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin"
QUIET = ["-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot"]


def need(path, package):
    if not os.path.exists(path):
        pytest.skip(f"{path} is missing: install the package {package}")
    return path


def make_card(board, path, *options, works=True):
    """tools/sdcard's work; what it said."""
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tools/sdcard"), board, "-o", str(path), "--image", IMAGE,
                           "--initrd", INITRD, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    missing = re.search(r"no \S+ here: install the package .*", done.stdout)
    if missing:
        pytest.skip(missing[0])
    assert (done.returncode == 0) == works, done.stdout
    return done.stdout


def drive(path):
    """The card as a virtio disk; what is written to it is forgotten."""
    return ["-drive", f"file={path},format=raw,if=none,id=card,snapshot=on", "-device", "virtio-blk-device,drive=card"]


def under_uboot(card, smp=4, mem="1G"):
    """The command of a virt machine whose U-Boot starts what is on the card."""
    return ["qemu-system-riscv64", "-M", "virt", "-smp", str(smp), "-m", mem, *QUIET, "-kernel",
            need(UBOOT, "u-boot-qemu"), *drive(card)]


def comes_up(boot, command, timeout=60, **named):
    """Boot to the prompt and let a command answer there; the machine, and what it said before."""
    pando = boot(command=command, timeout=timeout, wait=False, **named)
    said = pando.prompt()
    assert pando.run("echo $((6 * 7)); uname -m") == "42\nriscv64"
    return pando, said


class Tree:
    """A device tree as dtc writes it, changed as text: nodes by their name, properties by the line."""

    def __init__(self, blob):
        self.text = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", blob], stdout=subprocess.PIPE, text=True,
                                   check=True).stdout

    @classmethod
    def of_machine(cls, folder, machine="virt", smp=4, mem="1G", extra=()):
        blob = os.path.join(str(folder), "machine.dtb")
        subprocess.run(["qemu-system-riscv64", "-M", f"{machine},dumpdtb={blob}", "-smp", str(smp), "-m", mem,
                        "-display", "none", *extra], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return cls(blob)

    def span(self, node):
        """Where a node's text begins, where its body does, and where it ends."""
        match = re.search(r"^[ \t]*" + re.escape(node) + r" \{\n", self.text, re.M)
        assert match, f"no node {node}"
        depth, at = 1, match.end()
        while depth:
            brace = re.compile(r"[{}]").search(self.text, at)
            depth += 1 if brace[0] == "{" else -1
            at = brace.end()
        return match.start(), match.end(), self.text.index("\n", at) + 1

    def remove(self, node):
        start, _, end = self.span(node)
        self.text = self.text[:start] + self.text[end:]
        return self

    def drop(self, node, name):
        """Take a property away, if it is there."""
        _, body, end = self.span(node)
        own = re.search(r"\{\n|\Z", self.text[body:end]).start()
        changed = re.sub(r"^[ \t]*" + re.escape(name) + r"( = [^\n]*)?;\n", "", self.text[body:body + own], flags=re.M)
        self.text = self.text[:body] + changed + self.text[body + own:]
        return self

    def put(self, node, name, value):
        """Set a property: value as in a .dts, "" for one without."""
        self.drop(node, name)
        _, body, _ = self.span(node)
        self.text = self.text[:body] + f"\t{name}{' = ' + value if value else ''};\n" + self.text[body:]
        return self

    def add(self, node, text):
        """Text of nodes at the end of a node."""
        _, _, end = self.span(node)
        close = self.text.rindex("};", 0, end)
        self.text = self.text[:close] + text + self.text[close:]
        return self

    def write(self, path):
        subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", str(path)], input=self.text, text=True, check=True)
        return str(path)


def springboard(folder, image, tree, before=""):
    """A flat program that jumps to the kernel with the address of its tree, and with what `before` leaves behind."""
    cross = os.environ.get("CROSS_COMPILE") or "riscv64-linux-gnu-"
    source, program = os.path.join(str(folder), "spring.S"), os.path.join(str(folder), "spring")
    with open(source, "w", encoding="ascii") as file:
        file.write(f"{before}\n\tli a1, {tree:#x}\n\tli t0, {image:#x}\n\tjr t0\n")
    subprocess.run([cross + "gcc", "-march=rv64gc", "-mabi=lp64d", "-nostdlib", "-static", "-Wl,-Ttext=0x80200000,-e0",
                    "-Wl,--build-id=none", "-o", program + ".elf", source], check=True, stderr=subprocess.DEVNULL)
    subprocess.run([cross + "objcopy", "-O", "binary", "-j", ".text", program + ".elf", program], check=True)
    return program


def from_hart(hart):
    """For a springboard: the firmware's boot hart starts this one there, and stops; so the kernel boots on it."""
    return "\n".join([f"\tli t0, {hart}", "\tbeq a0, t0, 1f", "\tmv a0, t0", "\tli a1, 0x80200000", "\tli a2, 0",
                      "\tli a7, 0x48534d", "\tli a6, 0", "\tecall", "\tli a6, 1", "\tecall", "1:"])


def with_own_tree(folder, tree, base=0x80000000, image=IMAGE, image_at=None, append="", smp=4, mem="1G", before="",
                  initrd=INITRD, tree_at=None):
    """The command of a virt machine whose kernel lies at base + 4 MiB (the springboard has the first place) and has a
    tree of its own. OpenSBI's memory is reserved in it, as OpenSBI would do."""
    image_at = image_at or base + (0x200000 if base != 0x80000000 else 0x400000)
    where, initrd_at = base + 0x8000000, base + 0x9000000
    tree.add("/", "\treserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; "
             "firmware@80000000 { reg = <0 0x80000000 0 0x200000>; no-map; }; };\n")
    tree.put("chosen", "bootargs", f'"{append}"')
    command = ["qemu-system-riscv64", "-M", "virt", "-smp", str(smp), "-m", mem, *QUIET]
    if initrd:
        tree.put("chosen", "linux,initrd-start", f"<0x0 {initrd_at:#x}>")
        tree.put("chosen", "linux,initrd-end", f"<0x0 {initrd_at + os.path.getsize(initrd):#x}>")
        command += ["-device", f"loader,file={initrd},addr={initrd_at:#x},force-raw=on"]
    blob = tree.write(os.path.join(str(folder), "own.dtb"))
    start = springboard(folder, image_at, where if tree_at is None else tree_at, before)
    return command + ["-kernel", start, "-device", f"loader,file={blob},addr={where:#x},force-raw=on", "-device",
                      f"loader,file={image},addr={image_at:#x},force-raw=on"]


__all__ = ["BUILD", "IMAGE", "INITRD", "QUIET", "Pando", "Tree", "comes_up", "drive", "fetch", "from_hart", "make_card",
           "need", "springboard", "under_uboot", "with_own_tree"]
