"""QEMU's virt machine under every firmware, with other processors, memory nodes and boot harts."""
import os
import re

import pytest

from conftest import IMAGE, INITRD, OPENSBI
from rig import QUIET, Tree, comes_up, fetch, from_hart, need, with_own_tree

VIRT = ["qemu-system-riscv64", "-M", "virt", *QUIET, "-kernel", IMAGE, "-initrd", INITRD]


@pytest.mark.parametrize("firmware", ["default", "fw_jump.bin", "fw_dynamic.bin"])
def test_firmware(boot, firmware):
    bios = firmware if firmware == "default" else need(os.path.join(OPENSBI, firmware), "opensbi")
    pando, _ = comes_up(boot, VIRT + ["-smp", "4", "-m", "256M", "-bios", bios])
    pando.poweroff()


def test_newer_firmware(boot):
    """OpenSBI 1.6 has the debug console, which the one of QEMU 7.2 has not."""
    bios = os.path.join(fetch("opensbi"), "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin")
    pando, said = comes_up(boot, VIRT + ["-smp", "4", "-m", "256M", "-bios", bios])
    assert "4 of 4 harts run" in said
    pando.poweroff()


def test_u54(boot):
    """Neither stimecmp nor senvcfg."""
    pando, _ = comes_up(boot, VIRT + ["-cpu", "sifive-u54", "-smp", "4", "-m", "256M"])
    pando.run("sleep 0.2")
    pando.poweroff()


@pytest.mark.parametrize("hart", [0, 3])
def test_two_memory_nodes(boot, tmp_path, hart):
    """-numa makes two memory nodes, and an interrupt controller for each socket that reaches only its own harts. The
    console's interrupt is the first socket's, the boot hart of either."""
    numa = []
    for node, cpus in enumerate(("0-1", "2-3")):
        numa += ["-object", f"memory-backend-ram,id=m{node},size=256M",
                 "-numa", f"node,nodeid={node},cpus={cpus},memdev=m{node}"]
    tree = Tree.of_machine(tmp_path, mem="512M", extra=numa)
    command = with_own_tree(tmp_path, tree, mem="512M", before=from_hart(hart)) + numa
    pando, said = comes_up(boot, command)
    assert f"Boot hart {hart}," in said
    assert "4 of 4 harts run" in said
    assert said.count("interrupts: PLIC") == 2
    assert re.search(r"ttyS0: interrupt \d+", said)
    total = int(re.search(r"MemTotal:\s+(\d+)", pando.run("cat /proc/meminfo"))[1])
    assert 500 * 1024 < total <= 512 * 1024
    pando.poweroff()


@pytest.mark.parametrize("hart", range(8))
def test_every_boot_hart(boot, tmp_path, hart):
    tree = Tree.of_machine(tmp_path, smp=8)
    pando, said = comes_up(boot, with_own_tree(tmp_path, tree, smp=8, before=from_hart(hart)))
    assert f"Boot hart {hart}," in said
    assert "8 of 8 harts run" in said
    pando.poweroff()


def test_boot_harts(boot):
    """Which hart boots is left to chance, as the firmware does: all eight come, whichever it is."""
    for _ in range(3):
        pando, said = comes_up(boot, VIRT + ["-smp", "8", "-m", "256M"])
        assert "8 of 8 harts run" in said
        assert len(re.findall("^processor", pando.run("cat /proc/cpuinfo"), re.M)) == 8
        pando.poweroff()
