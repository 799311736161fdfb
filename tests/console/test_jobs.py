"""Job control as a person uses it: ^C, ^Z, ^\\, fg, bg, jobs, background readers, orphans."""
import re
import time


def wait_running(shell):
    """Long enough for the shell to have started the job: there is nothing on the console to wait for."""
    time.sleep(0.6)


def test_interrupt_kills_a_pipeline(shell):
    shell.line("sleep 100 | cat | cat")
    wait_running(shell)
    shell.control("c")
    shell.prompt(timeout=5)
    assert "sleep" not in shell.run("ps")


def test_interrupt_status(shell):
    shell.line("sleep 100")
    wait_running(shell)
    shell.control("c")
    shell.prompt(timeout=5)
    shell.line("echo status=$?")
    shell.expect(r"status=130\r*\n")
    shell.prompt()


def test_interrupt_clears_the_line(shell):
    shell.send("echo not run")
    shell.control("c")
    shell.prompt(timeout=5)
    assert shell.run("echo run") == "run"


def test_quit(shell):
    shell.line("sleep 100")
    wait_running(shell)
    shell.control("\\")
    shell.prompt(timeout=5)
    shell.line("echo status=$?")
    shell.expect(r"status=131\r*\n")
    shell.prompt()


def test_stop_and_foreground(shell):
    shell.line("sleep 100 | cat")
    wait_running(shell)
    shell.control("z")
    shell.expect(r"(?i)stopped", timeout=5)
    shell.prompt()
    assert re.search(r"(?i)stopped.*sleep 100", shell.run("jobs"))
    shell.line("fg")
    shell.expect("sleep 100")
    wait_running(shell)
    shell.control("c")
    shell.prompt(timeout=5)
    assert shell.run("jobs") == ""


def test_background(shell):
    shell.line("sleep 5")
    wait_running(shell)
    shell.control("z")
    shell.expect(r"(?i)stopped", timeout=5)
    shell.prompt()
    shell.line("bg")
    shell.prompt()
    assert re.search(r"(?i)running.*sleep 5", shell.run("jobs"))
    shell.run("wait", status=None)
    assert "sleep" not in shell.run("ps")


def test_stopped_job_is_killed(shell):
    shell.line("sleep 100")
    wait_running(shell)
    shell.control("z")
    shell.expect(r"(?i)stopped", timeout=5)
    shell.prompt()
    shell.run("kill %1", status=None)
    shell.run("fg", status=None)
    assert "sleep" not in shell.run("ps")


def test_background_reader_is_stopped(shell):
    """SIGTTIN: who is not in the foreground may not read from the terminal."""
    shell.line("cat &")
    shell.prompt()
    wait_running(shell)
    shell.line("")
    shell.prompt()
    assert re.search(r"(?i)stopped.*cat", shell.run("jobs"))
    shell.line("fg")
    shell.expect("cat")
    wait_running(shell)
    shell.line("typed in the foreground")
    shell.expect(r"typed in the foreground\r*\n.*typed in the foreground\r*\n")
    shell.control("d")
    shell.prompt(timeout=5)


def test_background_does_not_get_interrupt(shell):
    shell.line("sleep 6 &")
    shell.prompt()
    shell.line("sleep 100")
    wait_running(shell)
    shell.control("c")
    shell.prompt(timeout=5)
    assert "sleep 6" in shell.run("jobs")
    shell.run("wait", status=None)
