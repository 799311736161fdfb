"""An ordinary user takes all he can get of one thing and asks for more, for ever: the console answers, and when he is
gone everything is as before."""
import os
import re
import subprocess
import sys
import time

import pytest

from conftest import BUILD, ROOT


@pytest.fixture(scope="module")
def initrd(tmp_path_factory):
    """Grove with a program that takes what it can get: the ABI test "oom", called with --hog."""
    folder = tmp_path_factory.mktemp("hog")
    (folder / "bin").mkdir()
    subprocess.run(["make", "-s", "-C", os.path.join(ROOT, "tests/abi"), f"BUILD={folder}", f"{folder}/tests/oom"],
                   check=True)
    os.rename(folder / "tests/oom", folder / "bin/hog")
    image = str(folder / "initramfs.cpio")
    subprocess.run([sys.executable, os.path.join(ROOT, "tools/mkinitramfs.py"), "--grove", os.path.join(BUILD, "grove"),
                    "--sources", os.path.join(ROOT, "initramfs/grove"), "--etc", os.path.join(ROOT, "initramfs/etc"),
                    "--overlay", str(folder), "-o", image], check=True)
    return image


def objects(pando):
    return {name: int(count) for name, count in re.findall(r"(\S+) (\d+)", pando.run("cat /proc/pando/objects"))}


# What each hart keeps for itself remains: a few stacks, and slabs that are not quite empty.
def grown(before, after):
    slack = {"page_used": 300, "page:kernel": 200, "page:slab": 100, "slab:kmap_range": 50}
    return {name: (before.get(name, 0), count) for name, count in after.items()
            if count > before.get(name, 0) + slack.get(name, 8)}


@pytest.mark.parametrize("mem", ["64M", "256M"])
@pytest.mark.parametrize("kind", ["memory", "fork", "tmpfs", "pipes", "threads", "files"])
def test_hog(boot, initrd, kind, mem):
    pando = boot(mem=mem, initrd=initrd)
    before = objects(pando)
    for _ in range(2):
        pando.line(f"hog --hog {kind} 2>/dev/null &")
        pando.prompt()
    for _ in range(3):
        # A command may be refused, in a sentence; the shell itself answers. Among a thousand who never sleep each
        # of its steps waits for a turn of them all, which on a busy host with two processors has taken 40 seconds.
        pando.run("echo hello; ls / >/dev/null", status=None, timeout=120)
        time.sleep(1)
    pando.run("hog --hog end", status=None, timeout=120)
    pando.run("wait", status=None, timeout=120)
    pando.run("rm -f /tmp/hog.*", status=None)
    time.sleep(1)
    assert "hog" not in pando.run("ps")
    pando.run("echo 3 >/proc/sys/vm/drop_caches")
    left = grown(before, objects(pando))
    assert not left, left
    assert "panic" not in pando.log.getvalue()


def test_report(boot, initrd):
    """Who is killed and who held what stands on the console, and the numbers add up."""
    pando = boot(mem="64M", initrd=initrd)
    pando.line("hog --hog memory")
    log = pando.expect(r"(?s)needs a page.*is killed; it has \d+ KiB", timeout=60)[0]
    total = int(re.search(r"memory (\d+) KiB", log)[1])
    kinds = re.findall(r"(?:free|anonymous|files|page tables|objects|other kernel) (\d+)", log)
    assert len(kinds) == 6
    assert abs(total - sum(map(int, kinds))) <= 1024
    assert re.search(r"\d+ +1000 +\d+ +\d+ +0 +\d+ +hog", log)
    pando.prompt()
    assert int(re.search(r"oom_kill (\d+)", pando.run("cat /proc/vmstat"))[1]) >= 1


def test_drop_caches(boot):
    pando = boot(mem="64M")
    pando.run("cat /proc/1/status /proc/meminfo /proc/stat >/dev/null; echo 3 >/proc/sys/vm/drop_caches")
    assert int(re.search(r"SReclaimable: +(\d+)", pando.run("cat /proc/meminfo"))[1]) <= 4
