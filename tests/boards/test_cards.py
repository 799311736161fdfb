"""tools/sdcard itself: the same bytes each time, the right partitions, plain words where something is missing."""
import os
import struct
import subprocess
import sys
import time
import uuid

import pytest

from conftest import IMAGE, INITRD, ROOT
from rig import make_card

BOARDS = ("virt", "unleashed", "unmatched", "visionfive2")
FILES = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"


def partitions(card):
    """[(type, first sector, last sector, attributes, name)] as the table has them."""
    with open(card, "rb") as file:
        data = file.read(34 * 512)
    assert data[512:520] == b"EFI PART"
    found = []
    for at in range(1024, 1024 + 128 * 128, 128):
        first, last, attributes = struct.unpack_from("<QQQ", data, at + 32)
        if first:
            kind = str(uuid.UUID(bytes_le=data[at:at + 16])).upper()
            found.append((kind, first, last, attributes, data[at + 56:at + 128].decode("utf-16-le").rstrip("\0")))
    return found


@pytest.mark.parametrize("filesystem", ["fat", "ext4"])
@pytest.mark.parametrize("board", BOARDS)
def test_reproducible(tmp_path, monkeypatch, board, filesystem):
    """At another time, in another time zone, under another umask."""
    make_card(board, tmp_path / "one", "--fs", filesystem)
    time.sleep(2.1)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = os.umask(0o077)
    try:
        make_card(board, tmp_path / "two", "--fs", filesystem)
    finally:
        os.umask(before)
    assert subprocess.run(["cmp", tmp_path / "one", tmp_path / "two"], check=False).returncode == 0


@pytest.mark.parametrize("board,firmware", [
    ("virt", []),
    ("unleashed", [("5B193300-FC78-40CD-8002-E86C45580B47", 34), ("2E54B353-1271-4842-806F-E436D6AF6985", 2082)]),
    ("unmatched", [("5B193300-FC78-40CD-8002-E86C45580B47", 34), ("2E54B353-1271-4842-806F-E436D6AF6985", 2082)]),
    ("visionfive2", [("2E54B353-1271-4842-806F-E436D6AF6985", 4096), ("BC13C2FF-59E6-4262-A352-B275FD6F7172", 8192)]),
])
def test_partitions(tmp_path, board, firmware):
    make_card(board, tmp_path / "card")
    table = partitions(tmp_path / "card")
    assert [part[:2] for part in table] == firmware + [(FILES, 16384)]
    assert table[-1][3] == 4, "the last one is marked bootable"
    size = os.path.getsize(tmp_path / "card")
    assert size & (size - 1) == 0, "QEMU's SD card wants a power of two"
    assert subprocess.run(["/sbin/sgdisk", "-v", tmp_path / "card"], stdout=subprocess.PIPE, check=True,
                          text=True).stdout.startswith("\nNo problems found")


def on_card(card, name):
    return subprocess.run(["mtype", "-i", f"{card}@@8M", "::" + name], stdout=subprocess.PIPE, check=True).stdout


def test_files(tmp_path):
    said = make_card("visionfive2", tmp_path / "card", "--append", "quiet")
    with open(IMAGE, "rb") as kernel, open(INITRD, "rb") as initrd:
        assert on_card(tmp_path / "card", "Image") == kernel.read()
        assert on_card(tmp_path / "card", "initrd.img") == initrd.read()
    menu = on_card(tmp_path / "card", "extlinux/extlinux.conf").decode()
    assert "append quiet" in menu
    assert len(on_card(tmp_path / "card", "uEnv.txt")) < 512
    assert on_card(tmp_path / "card", "vf2_uEnv.txt") == b""
    if "no device trees" not in said:
        assert "fdtdir /dtbs" in menu
        tree = on_card(tmp_path / "card", "dtbs/starfive/jh7110-starfive-visionfive-2-v1.3b.dtb")
        (tmp_path / "tree.dtb").write_bytes(tree)
        for path, name, value in (("/cpus", "timebase-frequency", "4000000"),
                                  ("/soc/serial@10000000", "reg-shift", "2")):
            got = subprocess.run(["fdtget", tmp_path / "tree.dtb", path, name], stdout=subprocess.PIPE, text=True,
                                 check=True).stdout.strip()
            assert got == value


def test_without_what_is_fetched(tmp_path):
    """Nothing but what was built here: said, and still a card."""
    said = make_card("visionfive2", tmp_path / "card", "--no-firmware", "--no-trees")
    assert "own flash" in said and "no device trees" in said
    assert "fdtdir" not in on_card(tmp_path / "card", "extlinux/extlinux.conf").decode()
    with open(tmp_path / "card", "rb") as file:
        file.seek(4096 * 512)
        assert file.read(512) == bytes(512)


def test_nothing_can_be_fetched(tmp_path, monkeypatch):
    """No cache and no mirror: the card is made for a board with firmware in its flash, and that is said."""
    monkeypatch.setenv("PANDO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PANDO_SUITE", "no-such-suite")
    said = make_card("unmatched", tmp_path / "card")
    assert "u-boot-sifive could not be had" in said and "no device trees" in said


@pytest.mark.parametrize("keep", [40, 0.5])
def test_truncated_kernel_is_refused(tmp_path, keep):
    with open(IMAGE, "rb") as file:
        data = file.read()
    (tmp_path / "Image").write_bytes(data[:keep if keep > 1 else int(len(data) * keep) // 8 * 8])
    said = make_card("virt", tmp_path / "card", "--image", str(tmp_path / "Image"), works=False)
    assert "sdcard: " in said and ("cut short" in said or "not a RISC-V kernel image" in said or "not sealed" in said)
    assert not os.path.exists(tmp_path / "card")


def test_missing_files_and_tools(tmp_path):
    said = make_card("virt", tmp_path / "card", "--initrd", str(tmp_path / "nothing"), works=False)
    assert "nothing" in said and "make" in said
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tools/sdcard"), "mainframe"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 2 and "visionfive2" in done.stdout
