"""The harness of the boot and console tests: a QEMU whose console is driven as a person would.

    def test_shell(boot):
        pando = boot(smp=2, mem="64M")
        assert pando.run("echo hello") == "hello"

`boot` is a fixture that makes machines with Pando(...)'s parameters and ends them with the test. A failing test prints
the end of the console, the QEMU command, and the command that repeats the test. Set by the environment: BUILD (where
Image and initramfs.cpio are), PANDO_IMAGE and PANDO_INITRD (other ones, for instance Linux and busybox), PANDO_PROMPT,
PANDO_QEMU_PREFIX (a command put before QEMU's), PANDO_SLOW (a factor for every time limit).
"""
import io
import os
import re
import shlex
import subprocess
import sys

import pexpect
import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("BUILD") or "build")
IMAGE = os.environ.get("PANDO_IMAGE") or os.path.join(BUILD, "Image")
INITRD = os.environ.get("PANDO_INITRD") or os.path.join(BUILD, "initramfs.cpio")
PROMPT = os.environ.get("PANDO_PROMPT") or r"pando:[^\r\n]*# "
SLOW = float(os.environ.get("PANDO_SLOW") or 1)
OPENSBI = "/usr/lib/riscv64-linux-gnu/opensbi/generic"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

sys.path.insert(0, os.path.join(ROOT, "tools"))


class Pando:
    """One machine: QEMU's virt with these parameters, or what `command` says (tests/boards). Time limits are seconds of
    the host's clock."""

    def __init__(self, smp=4, mem="512M", cpu="rv64", bios="default", image=IMAGE, initrd=INITRD, append="",
                 prompt=PROMPT, timeout=40, extra=(), command=None):
        self.prompt_pattern = prompt
        self.command = list(command or ["qemu-system-riscv64", "-M", "virt", "-cpu", cpu, "-smp", str(smp), "-m", mem,
                                        "-bios", bios, "-nographic", "-no-reboot", "-kernel", image, "-append",
                                        f"console=ttyS0 {append}".strip()])
        if initrd and not command:
            self.command += ["-initrd", initrd]
        self.command += list(extra)
        self.log = io.StringIO()
        words = os.environ.get("PANDO_QEMU_PREFIX", "").split() + self.command
        self.child = pexpect.spawn(words[0], words[1:], timeout=timeout * SLOW, encoding="utf-8",
                                   codec_errors="replace", dimensions=(24, 80), echo=False)
        self.child.logfile_read = self.log
        if len(words) > len(self.command):  # the prefix may wait for its turn: no test's time limit counts that
            self.expect(["OpenSBI|U-Boot|Pando", pexpect.EOF], 900)

    def expect(self, pattern, timeout=-1):
        """Wait for a pattern (or one of a list); returns the match."""
        self.child.expect(pattern, timeout=timeout if timeout == -1 else timeout * SLOW)
        return self.child.match

    def prompt(self, timeout=-1):
        """Wait for the shell's prompt; what came before it is returned without escapes."""
        self.expect(self.prompt_pattern, timeout)
        return ESCAPES.sub("", self.child.before)

    def send(self, text):
        self.child.send(text)

    def line(self, text):
        self.child.send(text + "\r")

    def control(self, letter):
        self.child.send(chr(ord(letter.upper()) & 31))

    def run(self, command, status=0, timeout=-1):
        """Run a command at the prompt and return its output. The marks around it are spelled so that the echo of the
        command line does not look like them."""
        self.line(f'echo "<B""EG>"; {command}; echo "<E""ND:$?>"')
        self.expect(r"<BEG>\r*\n", timeout)
        match = self.expect(r"<END:(\d+)>\r*\n", timeout)
        output = ESCAPES.sub("", self.child.before).replace("\r", "").rstrip("\n")
        self.prompt()
        if status is not None:
            assert int(match[1]) == status, f"{command!r} ended with {match[1]}: {output}"
        return output

    def ends(self, timeout=30):
        """The machine switches itself off: what it had still to say."""
        self.expect(pexpect.EOF, timeout)
        return self.child.before

    def poweroff(self):
        self.line("poweroff")
        self.ends()
        self.child.close()
        assert self.child.exitstatus == 0, "QEMU says that the machine did not power off in order"

    def close(self):
        self.child.close(force=True)


@pytest.fixture
def boot(request):
    machines = []

    def make(*args, wait=True, **named):
        pando = Pando(*args, **named)
        machines.append(pando)
        if wait:
            pando.prompt()
        return pando

    request.node.machines = machines
    yield make
    for pando in machines:
        pando.close()


@pytest.fixture(scope="module")
def shell():
    """One machine with a shell for all tests of a file: each leaves it at a prompt."""
    pando = Pando()
    pando.prompt()
    yield pando
    pando.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    machines = list(getattr(item, "machines", []))
    if item.funcargs.get("shell") is not None:
        machines.append(item.funcargs["shell"])
    for pando in machines:
        console = pando.log.getvalue().replace("\r", "")[-4000:]
        report.sections.append(("console", console))
        report.sections.append(("machine", shlex.join(pando.command)))
    where = os.path.relpath(str(item.fspath), ROOT)
    report.sections.append(("repeat", f"/usr/bin/python3 -m pytest '{where}::{item.name}'"))


def pack(folder, output):
    """Pack a folder into a cpio with the frame that every initramfs has."""
    subprocess.run([sys.executable, os.path.join(ROOT, "tools/mkinitramfs.py"), "--tree", str(folder), "-o",
                    str(output)], check=True)
    return str(output)


@pytest.fixture
def cpio(tmp_path):
    """cpio({"init": bytes or text, ...}) -> path of an initramfs with these files, executable."""
    def make(files):
        tree = tmp_path / "tree"
        tree.mkdir(exist_ok=True)
        for name, data in files.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
            path.chmod(0o755)
        return pack(tree, tmp_path / "made.cpio")
    return make


@pytest.fixture(scope="session")
def riscv_program(tmp_path_factory):
    """riscv_program("int main...") -> bytes of a static riscv64 program."""
    folder = tmp_path_factory.mktemp("programs")

    def make(source):
        path = folder / f"p{abs(hash(source))}"
        path.with_suffix(".c").write_text(source)
        cross = os.environ.get("CROSS_COMPILE") or "riscv64-linux-gnu-"
        subprocess.run([cross + "gcc", "-O1", "-static", "-o", str(path), str(path.with_suffix(".c"))], check=True)
        return path.read_bytes()
    return make


def fetch(name):
    """A file from the oracle; the test is skipped where it cannot be had."""
    done = subprocess.run([os.path.join(ROOT, "tools/oracle"), "fetch", name], stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode:
        pytest.skip(f"the oracle's {name} cannot be had here: comparison skipped")
    return done.stdout.strip()


@pytest.fixture(scope="session")
def oracle():
    return fetch
