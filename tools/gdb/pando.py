"""Commands for gdb on a running Pando: `make run GDB=1` in one terminal, `make gdb` in another.

    pando tasks          every task: tid, state, hart, parent, name
    pando sharing        for each resource: its address and the tasks that share it
    pando bt TID         backtrace of a task that does not run now (those that do: thread apply all bt)
    pando flags NUMBER   the names of clone's flags in it, and what a call with them would break
    pando task TID       set $task to it, to look on with p *$task
    pando trace [N]      the last N trace events of all harts (16), in order of time

The task list is read as it lies in memory, without locks: stop the machine at a quiet moment, and take a list that ends
in nonsense for what it is. State letters are those of /proc. Needs a gdb with Python (Debian: gdb-multiarch).
"""
import errno
import re
import signal

import gdb

STATES = {0: "R", 1: "S", 2: "D", 4: "D", 8: "T", 16: "t", 32: "Z", 64: "X", 128: "N"}
LIMIT = 4096


def symbol(name):
    return gdb.parse_and_eval(name)


def number(value):
    """The number in a plain or atomic field."""
    return int(value.cast(gdb.lookup_type("unsigned int")))


def tasks():
    """Every task on the circular list, as values of struct task."""
    kind = gdb.lookup_type("struct task")
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == "all_link")
    head = symbol("task_list").address
    link = head.dereference()["next"]
    for _ in range(LIMIT):
        if int(link) == int(head) or int(link) == 0:
            return
        yield gdb.Value(int(link) - offset).cast(kind.pointer()).dereference()
        link = link.dereference()["next"]
    print(f"(stopped after {LIMIT}: is the list torn?)")


def plain(text):
    """A text that a program chose, without control characters."""
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\{ord(found[0]):03o}", text)


def name_of(task):
    return plain(task["comm"].string(errors="replace").split("\0")[0])


def state_of(task):
    return STATES.get(number(task["state"]), "?")


def find(tid):
    for task in tasks():
        if int(task["tid"]) == tid:
            return task
    raise gdb.GdbError(f"no task {tid}")


def resource_rows():
    """(name, offset of the pointer in struct task) from the kernel's own table of resources."""
    count = int(symbol("resource_count"))
    table = symbol("resources")
    return [(table[i]["name"].string(), int(table[i]["slot"])) for i in range(count)]


def pointer_at(task, offset):
    word = gdb.lookup_type("unsigned long").pointer()
    return int(gdb.Value(int(task.address) + offset).cast(word).dereference())


class Pando(gdb.Command):
    """Look at Pando's tasks: pando tasks | sharing | bt TID | flags NUMBER | task TID | trace [N]"""

    def __init__(self):
        super().__init__("pando", gdb.COMMAND_DATA, prefix=True)


class Tasks(gdb.Command):
    """pando tasks: every task, in order of creation."""

    def __init__(self):
        super().__init__("pando tasks", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(f"{'TID':>6} S {'HART':>4} {'PARENT':>6}  {'TASK':18} NAME")
        for task in tasks():
            parent = int(task["parent"])
            parent_tid = int(task["parent"].dereference()["tid"]) if parent else "-"
            running = number(task["on_hart"])
            hart = str(number(task["hart"])) + ("*" if running else " ")
            print(f"{int(task['tid']):6} {state_of(task)} {hart:>4} {parent_tid!s:>6}  {int(task.address):#18x} "
                  f"{name_of(task)}")


class Sharing(gdb.Command):
    """pando sharing: for each resource, its address and who shares it."""

    def __init__(self):
        super().__init__("pando sharing", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        everyone = list(tasks())
        for name, offset in resource_rows():
            sharers = {}
            for task in everyone:
                pointer = pointer_at(task, offset)
                if pointer:
                    sharers.setdefault(pointer, []).append(f"{name_of(task)}({int(task['tid'])})")
            print(name)
            for pointer, names in sorted(sharers.items(), key=lambda item: -len(item[1])):
                print(f"  {pointer:#x} {len(names):3}: {' '.join(names)}")


class Backtrace(gdb.Command):
    """pando bt TID: where a task sleeps, by its chain of frame pointers."""

    def __init__(self):
        super().__init__("pando bt", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        task = find(int(argument))
        if number(task["on_hart"]):
            raise gdb.GdbError("it runs now: its registers are a hart's, see `info threads`")
        self.show(0, int(task["arch"]["ra"]))
        frame, low = int(task["arch"]["s"][0]), int(task["kstack"])
        word = gdb.lookup_type("unsigned long").pointer()
        for depth in range(1, 64):
            if not low < frame <= low + 65536 or frame % 8:
                return
            saved = gdb.Value(frame - 16).cast(word)
            if int(saved[1]) == 0:
                return
            self.show(depth, int(saved[1]))
            frame = int(saved[0])

    @staticmethod
    def show(depth, address):
        where = gdb.find_pc_line(address - 1)
        place = f"{where.symtab.filename}:{where.line}" if where.symtab else "?"
        block = gdb.block_for_pc(address - 1)
        while block and not block.function:
            block = block.superblock
        print(f"#{depth:<2} {address:#x} {block.function.name if block else '?'}  {place}")


def flag_names(bits):
    """The names of clone's flags in a number, from the kernel's own table; what has no name as a number."""
    table = symbol("clone_flags")
    rows = [(int(table[i]["bit"]), table[i]["name"].string()) for i in range(int(symbol("clone_flag_count")))]
    names = [name for bit, name in rows if bits & bit]
    rest = bits & ~sum(bit for bit, _ in rows)
    return " ".join(names + ([f"{rest:#x}"] if rest else [])) or "0"


class Flags(gdb.Command):
    """pando flags NUMBER: the names of clone's flags in it, and the rules that a call with them would break.
    Of legacy clone's flags the low byte is the exit signal."""

    def __init__(self):
        super().__init__("pando flags", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        bits = int(gdb.parse_and_eval(argument))
        print(flag_names(bits))
        rules = symbol("clone_rules")
        for i in range(int(symbol("clone_rule_count"))):
            given, missing = int(rules[i]["set"]), int(rules[i]["missing"])
            if bits & given == given and not bits & missing:
                without = f" without {flag_names(missing)}" if missing else ""
                print(f"  {flag_names(given)}{without}: {rules[i]['reason'].string()}")


class Select(gdb.Command):
    """pando task TID: set $task to the task."""

    def __init__(self):
        super().__init__("pando task", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        gdb.set_convenience_variable("task", find(int(argument)).address)
        gdb.execute("p *$task")


def signal_name(number_):
    """As kernel/sys/trace_decode.c says it; the numbers are the same on the machine that runs gdb."""
    if number_ < 32:
        return signal.Signals(number_).name if number_ else "SIG0"
    return f"SIGRTMIN+{number_ - 32}"


def call_name(number_):
    table, count = symbol("syscall_table"), int(symbol("syscall_count"))
    known = number_ < count and int(table[number_]["name"])
    return table[number_]["name"].string() if known else f"syscall_{number_}"


def clone_text(flags, exit_signal):
    names = [name if name.startswith("0") else f"CLONE_{name}" for name in flag_names(flags).split()] if flags else []
    return "|".join(names + ([signal_name(exit_signal)] if exit_signal else [])) or "0"


# Those that Python does not know, or calls otherwise than lib/errno.c does.
ERRORS = {35: "EDEADLK", 95: "EOPNOTSUPP", 512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND",
          516: "ERESTART_RESTARTBLOCK"}


def result_text(word):
    value = word - (1 << 64) if word >> 63 else word
    if -4095 <= value < 0:
        return ERRORS.get(-value) or errno.errorcode.get(-value, str(value))
    return str(value) if -65536 <= value < 1 << 31 else f"{word:#x}"


def call_text(words):
    table, count = symbol("syscall_table"), int(symbol("syscall_count"))
    total = int(table[words[0]]["arg_count"]) if words[0] < count else 6
    shown = [f"{word:#x}" if word else "0" for word in words[1:1 + total]]
    return f"{call_name(words[0])}({', '.join(shown + ['...'] * (total > 2))})"


def ns_text(words):
    return symbol("ns_kinds")[words[0]]["name"].string() if words[0] < int(symbol("NS_TYPE_COUNT")) else "?"


def bytes_text(words):
    return plain(b"".join(word.to_bytes(8, "little") for word in words).split(b"\0")[0].decode(errors="replace"))


# The letters of the formats in kernel/core/trace.h: words taken, and what they say.
LETTERS = {
    "F": (2, lambda w: clone_text(w[0], w[1])), "S": (1, lambda w: signal_name(w[0])), "d": (1, lambda w: str(w[0])),
    "r": (1, lambda w: result_text(w[0])), "x": (1, lambda w: f"{w[0]:#x}" if w[0] else "0"),
    "w": (1, lambda w: signal_name(w[0] & 127) if w[0] & 127 else str(w[0] >> 8 & 255)),
    "C": (1, lambda w: call_name(w[0])), "A": (3, call_text),
    "N": (1, ns_text),
    "s": (3, bytes_text),
}


class Trace(gdb.Command):
    """pando trace [N]: the last N trace events of all harts (16), in order of time."""

    def __init__(self):
        super().__init__("pando trace", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        found = []
        rings = symbol("'trace.c'::rings")
        for hart in range(int(symbol("hart_count")) if int(rings) else 0):
            ring, size = rings[hart], int(rings[hart]["mask"]) + 1
            end = self.long(ring["next"])
            for at in range(max(0, end - size), end):
                event = ring["events"][at % size]
                if self.long(event["seq"]) == at + 1:
                    found.append((int(event["ticks"]), hart, event))
        found.sort(key=lambda one: one[:2])
        for ticks, hart, event in found[-int(argument or 16):]:
            print(self.line(ticks, hart, event))

    @staticmethod
    def long(value):
        return int(value.cast(gdb.lookup_type("unsigned long")))

    @staticmethod
    def line(ticks, hart, event):
        kind = symbol("trace_kinds")[int(event["kind"]) % int(symbol("TRACE_KIND_COUNT"))]
        words, text = [int(event["words"][i]) for i in range(3)], ""
        pieces = kind["format"].string().split("%")
        for piece in pieces[1:]:
            count, say = LETTERS[piece[0]]
            text += say(words[:count]) + piece[1:]
            words = words[count:]
        since = ticks - int(symbol("clock_scale")["base_ticks"])
        us = since * 1000000 // int(symbol("arch_clock_hz"))
        who = f"{name_of(event)}({int(event['nr'])})"
        return f"[{us // 1000000:5}.{us % 1000000:06}] {hart}: {who} {kind['name'].string()} {pieces[0]}{text}"


Pando()
Tasks()
Sharing()
Backtrace()
Flags()
Select()
Trace()
print("pando: tasks, sharing, bt TID, flags NUMBER, task TID, trace [N]")
