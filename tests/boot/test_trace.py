"""Trace events where they are looked for: in the report of a panic, and on the console with trace=KINDS."""
import re

LINE = r"\[ *(\d+\.\d+)\] \d+: {} {}\s*?\n"


def test_crash_tells_last_events(boot):
    """What a shell did last, as the last of the events before the machine's line; in order of time; no more than 16."""
    pando = boot(smp=2, mem="128M", append="panic=-1")
    pando.run("for i in 1 2 3 4 5 6; do true; /bin/sleep 0; done")
    pando.run("sh -c 'kill -9 $$'", status=137)
    pando.line("echo c > /proc/sysrq-trigger")
    pando.expect(r"panic on hart")
    pando.expect(r"last events:\r*\n")
    report = pando.expect(r"(?s)(.*?)machine: ")[1]
    assert pando.ends()
    times = [float(time) for time in re.findall(r"\]   \[ *(\d+\.\d+)\]", report)]
    assert 3 < len(times) <= 16 and times == sorted(times), report
    for what in [r"clone CLONE_CHILD_CLEARTID\|CLONE_CHILD_SETTID\|SIGCHLD = (\d+)", r"killed \d+ by SIGKILL",
                 r"exit SIGKILL", r"reaped \d+: SIGKILL"]:
        assert re.search(what, report), f"{what} is missing: {report}"


def test_shown_as_it_happens(boot):
    pando = boot(smp=2, mem="128M", append="trace=clone,exec")
    said = pando.run("/bin/sleep 0")
    clone = re.search(LINE.format(r"sh\(\d+\)", r"clone .*SIGCHLD = (\d+)"), said + "\n")
    assert clone, said
    assert re.search(LINE.format(rf"sleep\({clone[2]}\)", "exec /bin/sleep"), said + "\n"), said
    pando.run("echo -all > /proc/sys/pando/trace_shown")
    assert pando.run("/bin/sleep 0") == ""
    pando.poweroff()


def test_shown_no_faster_than_the_console(boot):
    """However many events there are: 100 lines a second, for all harts."""
    pando = boot(smp=4, mem="128M")
    pando.line("echo +syscall +return > /proc/sys/pando/trace_shown")
    pando.run("for i in 1 2 3 4 5 6 7 8 9 10; do /bin/sleep 0; done; echo -all > /proc/sys/pando/trace_shown")
    times = [float(time) for time in re.findall(LINE.format(r"\S+\(\d+\)", r"(?:syscall|return) .*"),
                                                pando.run("dmesg") + "\n")]
    assert times, "nothing was shown"
    assert len(times) <= 100 * (times[-1] - times[0] + 2), len(times)
    pando.poweroff()


def test_word_that_is_no_kind(boot):
    pando = boot(smp=1, mem="128M", append="trace=clone,nonsense", wait=False)
    pando.expect(r'command line: "trace=clone,nonsense" is not a value')
