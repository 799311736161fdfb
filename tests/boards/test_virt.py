"""QEMU's virt machine under every firmware, with other processors, memory nodes and boot harts."""
import os
import re

import pytest

from conftest import IMAGE, INITRD, OPENSBI
from rig import QUIET, comes_up, fetch, need

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


def test_two_memory_nodes(boot):
    """-numa makes two memory nodes, and an interrupt controller for each socket that reaches only its own harts. The
    boot hart is in either; the console's interrupt is the first socket's."""
    command = VIRT + ["-smp", "4", "-m", "512M"]
    for node, cpus in enumerate(("0-1", "2-3")):
        command += ["-object", f"memory-backend-ram,id=m{node},size=256M",
                    "-numa", f"node,nodeid={node},cpus={cpus},memdev=m{node}"]
    booted = set()
    for _ in range(8):
        pando, said = comes_up(boot, command)
        assert said.count("interrupts: PLIC") == 2
        assert re.search(r"ttyS0: interrupt \d+", said)
        total = int(re.search(r"MemTotal:\s+(\d+)", pando.run("cat /proc/meminfo"))[1])
        assert 500 * 1024 < total <= 512 * 1024
        pando.poweroff()
        booted.add(int(re.search(r"Boot hart (\d+)", said)[1]) // 2)
        if len(booted) == 2:
            break
    assert len(booted) == 2, "eight runs, and the boot hart was always of the same socket"


def test_boot_harts(boot):
    """Which hart boots is left to chance: all eight come, whichever it is."""
    booted = set()
    for _ in range(6):
        pando, said = comes_up(boot, VIRT + ["-smp", "8", "-m", "256M"])
        assert "8 of 8 harts run" in said
        assert len(re.findall("^processor", pando.run("cat /proc/cpuinfo"), re.M)) == 8
        pando.poweroff()
        booted.add(re.search(r"Boot hart (\d+)", said)[1])
        if len(booted) >= 3:
            break
    assert len(booted) >= 2, "six runs, and always the same boot hart"
