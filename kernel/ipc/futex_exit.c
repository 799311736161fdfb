/*
 * What a dying thread leaves behind in user memory.
 *
 * Robust locks: user space keeps a ring of the locks that the thread holds. Each is marked
 * FUTEX_OWNER_DIED and one waiter is woken, which then finds out. The ring is user memory and
 * may be anything: a pointer that cannot be read ends the walk, and so does a length beyond
 * reason.
 *
 * clear_child_tid: the word that pthread_join sleeps on becomes 0.
 */
#include "kernel/ipc/futex.h"

#include "arch/uaccess.h"
#include "kernel/abi/futex.h"
#include "kernel/mm/mm.h"

/* Reads a list pointer; its lowest bit marks a priority-inheriting lock. */
static int entry_fetch(uint64_t *entry, bool *pi, uint64_t at)
{
	if (copy_from_user(entry, (const void __user *)at, sizeof(*entry)))
		return -EFAULT;
	*pi = *entry & 1;
	*entry &= ~1UL;
	return 0;
}

static uint32_t __user *lock_word(const struct abi_robust_list_head *head, uint64_t entry)
{
	return (uint32_t __user *)(entry + (uint64_t)head->futex_offset);
}

/* The lock whose word is at addr, if we hold it, gets marked. pending: it may be that we had
 * just released it and were about to wake the next one. 0 or -EFAULT. */
static int lock_abandon(uint32_t __user *addr, bool pi, bool pending)
{
	uint32_t word, seen, marked;

	if ((vaddr_t)addr % sizeof(*addr) != 0 || user_load32(&word, addr))
		return -EFAULT;
	for (;;) {
		if (pending && !pi && (word & FUTEX_TID_MASK) == 0) {
			(void)futex_wake(addr, true, 1, FUTEX_BITSET_MATCH_ANY);
			return 0;
		}
		if ((word & FUTEX_TID_MASK) != (uint32_t)current->tid)
			return 0;
		marked = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		if (user_cmpxchg32(&seen, addr, word, marked))
			return -EFAULT;
		if (seen == word)
			break;
		word = seen;
	}
	if (!pi && (marked & FUTEX_WAITERS))
		(void)futex_wake(addr, true, 1, FUTEX_BITSET_MATCH_ANY);
	return 0;
}

static void robust_list_walk(uint64_t head_at)
{
	struct abi_robust_list_head head;
	uint64_t entry, next = 0, pending;
	bool pi, next_pi = false, pending_pi;
	int fetched;

	if (copy_from_user(&head, (const void __user *)head_at, sizeof(head)))
		return;
	entry = head.next & ~1UL;
	pi = head.next & 1;
	pending = head.pending & ~1UL;
	pending_pi = head.pending & 1;
	for (unsigned count = 0; entry != head_at && count < ROBUST_LIST_LIMIT; count++) {
		/* Before the lock is given away, and its memory perhaps freed. */
		fetched = entry_fetch(&next, &next_pi, entry);
		if (entry != pending && lock_abandon(lock_word(&head, entry), pi, false))
			return;
		if (fetched < 0)
			return;
		entry = next;
		pi = next_pi;
	}
	if (pending != 0)
		(void)lock_abandon(lock_word(&head, pending), pending_pi, true);
}

void futex_task_exit(void)
{
	uint32_t __user *tid_word = (uint32_t __user *)current->clear_child_tid;

	if (current->mm == NULL)
		return;
	if (current->robust_list != NULL)
		robust_list_walk((uint64_t)current->robust_list);
	current->robust_list = NULL;
	current->robust_list_len = 0;
	current->clear_child_tid = NULL;
	if (tid_word != NULL && ref_count(&current->mm->users) > 1) {
		/* A program that gave a bad address waits in vain; that is its own affair. */
		if (user_store32(tid_word, 0) == 0)
			(void)futex_wake(tid_word, true, 1, FUTEX_BITSET_MATCH_ANY);
	}
}
