"""unshare, nsenter and box as a person uses them, by root and by an ordinary user."""
import re

LINKS = "for t in mnt uts ipc pid net cgroup user; do stat -L -c %i /proc/self/ns/$t; done"
ORDINARY = ("unshare -U sh -c 'while [ $(id -u) != 1000 ]; do sleep 0.1; done; {}' > /tmp/out 2>&1 & "
            "own=$(stat -L -c %i /proc/self/ns/user); "
            "while [ $(stat -L -c %i /proc/$!/ns/user) = $own ]; do sleep 0.1; done; "
            "echo deny > /proc/$!/setgroups; echo 1000 0 1 > /proc/$!/gid_map; echo 1000 0 1 > /proc/$!/uid_map; "
            "wait $!; echo SAID; cat /tmp/out")


def as_user(shell, commands):
    """What commands print when user 1000, who has no capabilities, runs them."""
    return shell.run(ORDINARY.format(commands)).split("SAID\n")[1]


def test_unshare(shell):
    name = shell.run("hostname")
    assert shell.run("unshare -u sh -c 'hostname inside; hostname'; hostname").split() == ["inside", name]
    assert shell.run("unshare -pf sh -c 'echo $$'") == "1"
    shell.run("mkdir -p /tmp/m")
    assert shell.run("unshare -m sh -c 'mount -t tmpfs none /tmp/m; echo > /tmp/m/x; ls /tmp/m'; ls /tmp/m") == "x"
    assert shell.run("unshare -r sh -c 'id -u; cat /proc/self/uid_map'").split() == ["0", "0", "0", "1"]
    shell.run("unshare -u sh -c 'exit 3'", status=3)
    shell.run("unshare -pf sh -c 'kill -9 $$; exit 4'", status=4)  # its own init takes no signals from inside


def test_nsenter(shell):
    shell.run("rm -f /tmp/ready")
    shell.line("unshare -umpf sh -c 'hostname entered; echo > /tmp/ready; sleep 1000' &")
    shell.prompt()
    shell.run("until [ -e /tmp/ready ]; do sleep 0.1; done")
    pid = shell.run("ps | grep '[s]leep' | tail -n 1").split()[0]
    assert shell.run(f"nsenter -t {pid} -u hostname") == "entered"
    assert shell.run("hostname") != "entered"
    ask = "stat -L -c %i /proc/{}/ns/pid"
    assert shell.run(f"nsenter -t {pid} -p {ask.format('self')}") == shell.run(ask.format(pid))
    assert shell.run(f"nsenter -t {pid} -a sh -c 'hostname; exit 5'", status=5) == "entered"
    assert "no such" in shell.run("nsenter -t 99999 -u true 2>&1", status=1).lower()
    shell.run(f"kill -9 {pid}")


def test_box_is_one_clone(shell):
    """Everything is new in the command itself, which is process 1 and sees itself alone."""
    outside = shell.run(LINKS).split()
    inside = shell.run(f"box sh -c '{LINKS}'").split()
    assert len(outside) == len(inside) == 7
    assert [a == b for a, b in zip(outside, inside)] == [False] * 6 + [True]
    assert shell.run("box sh -c 'echo $$; hostname; echo /proc/[0-9]*'").split() == ["1", "box", "/proc/1"]
    assert shell.run("box -h other hostname; hostname").split()[0] == "other"
    shell.run("box sh -c 'exit 7'", status=7)
    shell.run("box sh -c 'sleep 1000 & sleep 1000 & exit 0'")  # what it leaves ends with it
    assert "sleep" not in shell.run("ps")


def test_box_with_a_root(shell):
    shell.run("mkdir -p /tmp/root/bin /tmp/root/proc; cp /bin/grove /tmp/root/bin/sh; echo mine > /tmp/root/file")
    look = "ls /; cat /file; echo /proc/[0-9]*; [ -e /etc/passwd ] || echo no"
    assert shell.run(f"box -r /tmp/root sh -c '{look}'").split() == ["bin", "file", "proc", "mine", "/proc/1", "no"]
    shell.run("rm -r /tmp/root")


def test_box_by_an_ordinary_user(shell):
    words = as_user(shell, "id -u; hostname no 2>/dev/null || echo refused; box id -u; box hostname; "
                    f'box sh -c "{LINKS}"'.replace("$t", r"\$t")).split()
    assert words[:4] == ["1000", "refused", "0", "box"]
    assert not set(words[4:]) & set(shell.run(LINKS).split())
    assert re.search("(?i)not permitted", as_user(shell, "unshare -m true"))
    inside = as_user(shell, 'unshare -rm sh -c "mount -t tmpfs none /tmp; ls -a /tmp; id -u"')
    assert inside.split() == [".", "..", "0"]
