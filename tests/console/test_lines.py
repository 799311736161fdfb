"""The terminal's line discipline and the shell's editor, seen from the keyboard."""
import re
import time

UP, LEFT = "\x1b[A", "\x1b[D"


def test_erase_and_kill(shell):
    """Canonical mode: cat gets the line as it was mended."""
    shell.line("cat")
    time.sleep(0.5)
    shell.send("abd\x7fc\r")
    shell.expect(r"\nabc\r*\n")
    shell.send("thrown away\x15kept\r")
    shell.expect(r"\nkept\r*\n")
    shell.send("two words\x17one\r")
    shell.expect(r"\ntwo one\r*\n")
    shell.control("d")
    shell.prompt(timeout=5)


def test_end_of_file_without_newline(shell):
    """^D gives the reader what is there; a second one, with nothing there, is the end of file."""
    shell.line("cat")
    time.sleep(0.5)
    shell.send("half\x04")
    shell.expect("halfhalf")
    shell.control("d")
    shell.prompt(timeout=5)


def test_flood(shell):
    """More than one line discipline buffer at once, none lost below 4095 a line."""
    shell.line("wc -c")
    time.sleep(0.5)
    for _ in range(20):
        shell.line("x" * 79)
        time.sleep(0.05)
    shell.control("d")
    shell.expect(r"\n\s*1600\b")
    shell.prompt(timeout=5)


def test_history(shell):
    shell.run("echo first")
    shell.line("echo second")
    shell.expect(r"\nsecond\r*\n")
    shell.prompt()
    shell.send(UP + "\r")
    shell.expect(r"\nsecond\r*\n")
    shell.prompt()
    shell.line("echo third")
    shell.expect(r"\nthird\r*\n")
    shell.prompt()
    shell.send(UP + UP + "\r")
    shell.expect(r"\nsecond\r*\n")
    shell.prompt()


def test_cursor_keys(shell):
    shell.send("echo acd" + LEFT * 2 + "b\r")
    shell.expect(r"\nabcd\r*\n")
    shell.prompt()


def test_long_line(shell):
    """Longer than the screen is wide."""
    word = "abcdefghij" * 15
    shell.line(f"echo {word} | wc -c")
    shell.expect(r"\n\s*151\r*\n")
    shell.prompt()


def test_logout_starts_a_new_shell(shell):
    """init starts the shell again."""
    before = shell.run("echo $$")
    shell.control("d")
    shell.prompt(timeout=10)
    assert shell.run("echo $$") != before


def test_output_is_complete(shell):
    text = shell.run("seq 1 3000", timeout=60)
    assert text.split("\n") == [str(n) for n in range(1, 3001)]


def test_share_tree(shell):
    tree = shell.run("ps --share")
    assert re.search(r"1 .*init", tree) and re.search(r"CLONE_FILES .*2,3", tree)
