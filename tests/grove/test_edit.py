"""Drive grove's shell at a terminal as a person would: editing, history, job control.

Run with:  /usr/bin/python3 -m pytest tests/grove/test_edit.py
GROVE is the program to test; without it one is built for this machine, under ASan and UBSan. GROVE_RUNNER (e.g.
qemu-riscv64) is put before it.
"""

import functools
import os
import shlex
import subprocess
import time

import pexpect
import pytest

PROMPT = r"\S+:\S+[#$] $"
CTRL_C, CTRL_D, CTRL_Z, CTRL_R = "\x03", "\x04", "\x1a", "\x12"
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"


@functools.lru_cache
def program():
    here = os.path.dirname(os.path.abspath(__file__))
    return os.environ.get("GROVE") or subprocess.check_output([os.path.join(here, "build")], text=True).strip()


def start(tmp_path, term="linux", columns=80):
    command = shlex.split(os.environ.get("GROVE_RUNNER", "")) + [program(), "sh"]
    env = {"PATH": "/usr/bin:/bin", "HOME": "/", "TERM": term, "ASAN_OPTIONS": "detect_leaks=0"}
    child = pexpect.spawn(command[0], command[1:], env=env, cwd=str(tmp_path),
                          timeout=10, encoding="latin-1", dimensions=(24, columns))
    child.expect(PROMPT)
    child.told = ""     # all that run() has seen
    return child


@pytest.fixture
def sh(tmp_path):
    child = start(tmp_path)
    yield child
    child.close(force=True)


def run(sh, line):
    """Type a line; what it printed, without the echo of the line."""
    sh.send(line + "\r")
    sh.expect(PROMPT)
    out = sh.before.replace("\r", "").split("\n", 1)[1]
    sh.told += out
    return out


def wait_until(condition):
    """For what happens soon, sooner on one machine than on another."""
    end = time.time() + 10
    while not condition():
        assert time.time() < end, "not within ten seconds"
        time.sleep(0.02)


def stats(group):
    """[(command, state)] of a process group."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
                name, rest = file.read().split("(", 1)[1].rsplit(") ", 1)
        except OSError:
            continue
        state, _, its_group = rest.split()[:3]
        if int(its_group) == group:
            found.append((name, state))
    return found


def wait_foreground(sh, *commands):
    """Until the terminal belongs to these commands, and they have begun to wait for something."""
    expected = sorted((command, "S") for command in commands)
    wait_until(lambda: sorted(stats(os.tcgetpgrp(sh.child_fd))) == expected)


def wait_told(sh, text):
    """Until the shell has told this about a job, which it does once, before any prompt: the last one, maybe."""
    wait_until(lambda: text in sh.told + run(sh, ""))


def test_plain_command(sh):
    assert run(sh, "echo $((6 * 7))") == "42\n"


def test_typing_echoes_only_what_is_typed(sh):
    sh.send("echo abc")
    sh.expect_exact("echo abc")
    assert sh.before == ""


def test_cursor_keys_and_deleting(sh):
    assert run(sh, "echo ac" + LEFT + "b" + RIGHT + "d") == "abcd\n"
    assert run(sh, "cho x\x01e\x05y") == "xy\n"
    assert run(sh, "echo abX\x7fc") == "abc\n"
    assert run(sh, "echo one two\x17three") == "one three\n"
    assert run(sh, "nonsense\x15echo cleared") == "cleared\n"
    assert run(sh, "echo keep drop" + LEFT * 5 + "\x0b") == "keep\n"
    assert run(sh, "echo Xa" + LEFT * 2 + "\x1b[3~") == "a\n"
    assert run(sh, "echo Xa" + LEFT * 2 + CTRL_D) == "a\n"
    assert run(sh, "echo c\x1b[Hecho \x1b[F d") == "echo c d\n"


def test_long_line_wraps(tmp_path):
    sh = start(tmp_path, columns=40)
    words = " ".join("w%02d" % i for i in range(40))
    sh.send("echo " + words + "\x01" + "\x05" + "\x7f" * 3 + "end\r")
    sh.expect(PROMPT)
    assert words[:-3] + "end\r\n" in sh.before
    sh.close(force=True)


def test_history(sh):
    run(sh, "echo first")
    run(sh, "echo second")
    assert run(sh, UP) == "second\n"
    assert run(sh, UP + UP) == "first\n"
    assert run(sh, "draft" + UP + UP + DOWN + DOWN + "\x15echo still here") == "still here\n"
    assert run(sh, UP * 50 + "er") == "firster\n"
    assert "echo second" in run(sh, "history")


def test_history_search(sh):
    run(sh, "echo apple")
    run(sh, "echo banana")
    run(sh, "echo apple pie")
    assert run(sh, CTRL_R + "app").endswith("apple pie\n")
    assert run(sh, CTRL_R + "app" + CTRL_R).endswith("apple\n")
    assert run(sh, CTRL_R + "banana\x1b[F s").endswith("banana s\n")
    sh.send(CTRL_R + "app" + CTRL_C)
    assert run(sh, "echo none").endswith("none\n")


def test_interrupt_drops_the_line(sh):
    sh.send("echo not this" + CTRL_C)
    sh.expect(PROMPT)
    assert run(sh, "echo $?") == "130\n"
    sh.send("if true\r")
    sh.expect("> $")
    sh.send(CTRL_C)
    sh.expect(PROMPT)
    assert run(sh, "echo ok") == "ok\n"


def test_continued_command(sh):
    sh.send("for i in 1 2\r")
    sh.expect("> $")
    sh.send("do echo n$i; done\r")
    sh.expect(PROMPT)
    assert "n1\r\nn2\r\n" in sh.before


def test_error_keeps_the_shell(sh):
    assert "syntax error" in run(sh, "fi")
    assert "division by zero" in run(sh, "echo $((1/0))")
    assert run(sh, "echo $?") == "2\n"
    assert "read only" in run(sh, "readonly r=1; f() { local x; r=2; }; f > /dev/null")
    assert run(sh, "echo still") == "still\n"
    assert "not found" in run(sh, "no_such_command")
    assert run(sh, "echo $?") == "127\n"


def test_control_c_kills_a_pipeline(sh):
    sh.send("sleep 60 | sleep 60\r")
    wait_foreground(sh, "sleep", "sleep")
    sh.send(CTRL_C)
    sh.expect(PROMPT)
    assert run(sh, "echo $?") == "130\n"
    assert run(sh, "jobs") == ""


def test_control_c_breaks_a_loop(sh):
    for loop in ("while true; do sleep 5; done", "while true; do :; done",
                 "for i in 1 2 3; do sleep 5; done; echo not reached"):
        sh.send(loop + "\r")
        time.sleep(0.3)
        sh.send(CTRL_C)
        sh.expect(PROMPT)
        assert "\nnot reached" not in sh.before


def test_control_c_in_substitution_and_read(sh):
    for command in ("x=$(sleep 60)", "read x", "wait"):
        if command == "wait":
            run(sh, "sleep 60 &")
        sh.send(command + "\r")
        time.sleep(0.3)
        sh.send(CTRL_C)
        sh.expect(PROMPT)
    assert run(sh, "echo ok") == "ok\n"


def test_stop_and_continue(sh):
    sh.send("sleep 60 | sleep 61\r")
    wait_foreground(sh, "sleep", "sleep")
    sh.send(CTRL_Z)
    sh.expect(r"\[1\]\+ Stopped +sleep 60 \| sleep 61")
    sh.expect(PROMPT)
    assert run(sh, "echo $?") == "148\n"
    assert run(sh, "jobs") == "[1]+ Stopped    sleep 60 | sleep 61\n"
    assert run(sh, "bg") == "sleep 60 | sleep 61 &\n"
    assert "Running" in run(sh, "jobs")
    sh.send("fg\r")
    wait_foreground(sh, "sleep", "sleep")
    sh.send(CTRL_C)
    sh.expect(PROMPT)
    assert run(sh, "jobs") == ""


def test_stop_twice(sh):
    sh.send("cat\r")
    wait_foreground(sh, "cat")
    sh.send(CTRL_Z)
    sh.expect("Stopped")
    sh.expect(PROMPT)
    sh.send("fg\r")
    wait_foreground(sh, "cat")
    sh.send("hello\r")
    sh.expect("hello\r\nhello\r\n")
    sh.send(CTRL_Z)
    sh.expect("Stopped")
    sh.expect(PROMPT)
    sh.send("fg %1\r")
    wait_foreground(sh, "cat")
    sh.send(CTRL_D)
    sh.expect(PROMPT)
    assert run(sh, "jobs") == ""


def test_background(sh):
    out = run(sh, "sleep 1 &")
    assert out.startswith("[1] ")
    run(sh, "sleep 60 &")
    assert "[2]+ Running    sleep 60" in run(sh, "jobs")
    wait_told(sh, "[1]- Done       sleep 1")
    run(sh, "kill %2")
    wait_told(sh, "[2]+ Terminated sleep 60")
    assert "no such job" in run(sh, "fg %7")
    assert run(sh, "sleep 0.1 & wait $!; echo $?").endswith("0\n")


def test_background_reader_is_stopped(sh):
    run(sh, "cat &")
    wait_told(sh, "Stopped")
    sh.send("fg\r")
    wait_foreground(sh, "cat")
    sh.send("to cat\r")
    sh.expect("to cat\r\nto cat\r\n")
    sh.send(CTRL_Z)
    sh.expect(PROMPT)
    run(sh, "kill %1")
    wait_told(sh, "Terminated")


def test_killed_stopped_job(sh):
    sh.send("sleep 60\r")
    wait_foreground(sh, "sleep")
    sh.send(CTRL_Z)
    sh.expect(PROMPT)
    run(sh, "kill %1")
    wait_told(sh, "Terminated")


def test_typed_ahead(sh):
    sh.send("sleep 0.5\recho ahead\r")
    sh.expect(r"ahead\r\n(?=\S+[#$] )")


def test_raw_mode_left_behind(sh):
    run(sh, "sh -c 'stty raw -echo; kill -9 $$'")
    assert run(sh, "echo fine") == "fine\n"
    assert "-icanon" not in run(sh, "stty -a")


def test_completion(sh, tmp_path):
    (tmp_path / "alpha_file").write_text("content\n")
    (tmp_path / "beta1").write_text("")
    (tmp_path / "beta2").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_text("in\n")
    assert run(sh, "cat al\t") .endswith("content\n")
    assert run(sh, "cat fol\tin\t").endswith("in\n")
    sh.send("echo b\t")
    sh.expect("eta")
    sh.send("\t")
    sh.expect("beta1  beta2")
    sh.send("2\r")
    sh.expect(PROMPT)
    assert "beta2\r\n" in sh.before
    assert "cat fol" in run(sh, "histo\t")


def test_dumb_terminal(tmp_path):
    sh = start(tmp_path, term="dumb")
    assert "\x1b" not in run(sh, "echo plain")
    sh.send("half" + CTRL_C)
    sh.expect(PROMPT)
    sh.send(CTRL_D)
    sh.expect("exit")
    sh.expect(pexpect.EOF)


def test_end_of_input(sh):
    sh.send(CTRL_D)
    sh.expect("exit")
    sh.expect(pexpect.EOF)


def test_exit_status(sh):
    sh.send("exit 7\r")
    sh.expect(pexpect.EOF)
    sh.close()
    assert sh.exitstatus == 7


def test_trap_at_prompt(sh):
    run(sh, "trap 'echo caught' INT")
    sh.send("read x\r")
    time.sleep(0.3)
    sh.send(CTRL_C)
    sh.expect("caught")
    sh.send("text\r")
    sh.expect(PROMPT)
    assert run(sh, "echo $x") == "text\n"
