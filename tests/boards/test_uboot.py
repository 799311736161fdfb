"""Cards for QEMU's virt machine under U-Boot: good ones, and such as a careless hand makes."""
import subprocess

import pytest

from conftest import IMAGE, INITRD
from rig import comes_up, make_card, under_uboot

PANIC = r"[^\r\n]*panic on hart"


@pytest.mark.parametrize("filesystem", ["fat", "ext4"])
def test_card(boot, tmp_path, filesystem):
    make_card("virt", tmp_path / "card", "--fs", filesystem)
    pando, said = comes_up(boot, under_uboot(tmp_path / "card"))
    assert "Retrieving file: /Image" in said
    pando.poweroff()


def test_visionfive2_card(boot, tmp_path):
    """The VisionFive 2's own card: U-Boot takes its partition 3 and, as this is no VisionFive 2, its own tree."""
    make_card("visionfive2", tmp_path / "card", "--append", "colour=green")
    pando, said = comes_up(boot, under_uboot(tmp_path / "card"))
    assert "0:3" in said
    assert "colour=green" in pando.run("cat /proc/cmdline")
    pando.poweroff()


def change(card, name, data):
    """Put other bytes under a name on the card's FAT file system; None takes the file away."""
    image = f"{card}@@8M"
    subprocess.run(["mdel", "-i", image, "::" + name], check=True)
    if data is not None:
        subprocess.run(["mcopy", "-i", image, "-", "::" + name], input=data, check=True)


def contents(path):
    with open(path, "rb") as file:
        return file.read()


@pytest.mark.parametrize("keep", [8192, 0.5, -8])
def test_truncated_kernel(boot, tmp_path, keep):
    """U-Boot loads and starts what there is of it: the boot hart sees that it is not all."""
    make_card("virt", tmp_path / "card")
    data = contents(IMAGE)
    change(tmp_path / "card", "Image", data[:keep if isinstance(keep, int) else int(len(data) * keep)])
    pando = boot(command=under_uboot(tmp_path / "card"), wait=False)
    pando.expect("Starting kernel")
    pando.expect("Pando: the kernel image was cut short or damaged on its way to memory; halted")


def test_damaged_kernel(boot, tmp_path):
    make_card("virt", tmp_path / "card")
    data = bytearray(contents(IMAGE))
    data[len(data) // 2] ^= 4
    change(tmp_path / "card", "Image", bytes(data))
    pando = boot(command=under_uboot(tmp_path / "card"), wait=False)
    pando.expect("Pando: the kernel image was cut short or damaged on its way to memory; halted")


def test_truncated_initramfs(boot, tmp_path):
    make_card("virt", tmp_path / "card", "--append", "panic=-1")
    change(tmp_path / "card", "initrd.img", contents(INITRD)[:5000])
    pando = boot(command=under_uboot(tmp_path / "card"), wait=False)
    pando.expect(r"initramfs \(\d+ bytes\) is damaged")


def test_no_initramfs(boot, tmp_path):
    """A menu that forgets it."""
    make_card("virt", tmp_path / "card")
    change(tmp_path / "card", "extlinux/extlinux.conf",
           b"default p\nlabel p\n\tkernel /Image\n\tappend panic=-1\n")
    pando = boot(command=under_uboot(tmp_path / "card"), wait=False)
    pando.expect("No initramfs was given")
    pando.expect("No init program")
    pando.expect("panic on hart")
    pando.ends()


def test_initramfs_is_missing(boot, tmp_path):
    """U-Boot itself refuses: nothing is started, and it says why."""
    make_card("virt", tmp_path / "card")
    change(tmp_path / "card", "initrd.img", None)
    boot(command=under_uboot(tmp_path / "card"), wait=False).expect("(?i)skipping pando for failure retrieving initrd")
