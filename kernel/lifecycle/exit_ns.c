/*
 * The end of a pid namespace.
 *
 * When the last thread of its process 1 ends, nobody is left to adopt orphans there. So it first
 * kills all others and waits until each has been reaped: its own children and those that it adopts
 * by itself, the few whose parents are outside (they came by setns) by these. From the first moment
 * on no task can be born into the namespace. Only then it becomes a zombie, which is what its
 * parent outside waits for: whoever sees that knows that nothing is left.
 */
#include "kernel/lifecycle/exit.h"

#include "kernel/abi/signal.h"
#include "kernel/ipc/signal.h"
#include "kernel/lifecycle/wait.h"
#include "kernel/task/pid.h"

static void others_kill(struct pid_ns *ns)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t;

	ns->dying = true;
	list_for_each_entry(t, &task_list, all_link) {
		if (t->group != current->group && t->group->leader == t &&
		    pid_nr_in(t->pid, ns) != 0)
			signal_kill_task(t, SIGKILL);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
}

/* All but this process, whose other threads may still be on their way out. */
static bool others_gone(struct pid_ns *ns)
{
	irqflags_t irq;
	bool gone;

	while (wait_reap_one())
		;
	irq = spin_lock_irqsave(&tasks_lock);
	gone = ns->tasks == list_length(&current->group->threads);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return gone;
}

void exit_pid_ns(void)
{
	struct pid_ns *ns = pid_ns_current();
	struct group *g = current->group;
	irqflags_t irq;

	others_kill(ns);
	wait_event(&g->wait_children, others_gone(ns));
	if (ns->reboot_signal == 0)
		return;
	irq = spin_lock_irqsave(&g->lock);
	g->exit_code = current->exit_code = ns->reboot_signal;
	spin_unlock_irqrestore(&g->lock, irq);
}

__noreturn void reboot_pid_ns(int signo)
{
	struct pid_ns *ns = pid_ns_current();
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	ns->reboot_signal = signo;
	if (ns->init != NULL)
		signal_kill_task(ns->init, SIGKILL);
	spin_unlock_irqrestore(&tasks_lock, irq);
	task_exit(0);
}
