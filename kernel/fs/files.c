/*
 * Descriptor tables.
 *
 * A slot is free, reserved (its bit in `used` is set, the slot still NULL: a call is making the
 * file) or open. Tables double when they are full; the arrays of a table live in one allocation
 * and are only replaced, under the lock. What limits a process is RLIMIT_NOFILE, and what limits a
 * table is descriptor_max, which may have come down since: then a table can't be copied.
 *
 * fd_borrow is for the hottest calls: when nobody shares current's table nobody can close the
 * descriptor while current is inside the kernel, so neither lock nor reference is needed.
 *
 * Locking: files->lock for everything. Files are put after it is dropped: their release sleeps.
 */
#include "kernel/fs/files.h"

#include "kernel/alloc/buffer.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/lock.h"
#include "kernel/task/group.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"

#define FILES_FIRST_SIZE 64u

unsigned descriptor_max = DESCRIPTOR_MAX_FIRST;

static CACHE_DEFINE(files_cache, struct files);

/* One allocation: slots, then the two bitmaps. size is a multiple of 64. */
struct files_arrays {
	struct file **slots;
	unsigned long *used, *cloexec;
};

static size_t arrays_bytes(unsigned size)
{
	return size * sizeof(struct file *) + 2 * BITMAP_WORDS(size) * sizeof(long);
}

static int arrays_alloc(unsigned size, struct files_arrays *a)
{
	a->slots = buffer_alloc(arrays_bytes(size));
	if (!a->slots)
		return -ENOMEM;
	memset(a->slots, 0, arrays_bytes(size));
	a->used = (unsigned long *)(a->slots + size);
	a->cloexec = a->used + BITMAP_WORDS(size);
	return 0;
}

static int table_create(unsigned size, struct files **out)
{
	struct files *f = cache_alloc(&files_cache, ALLOC_ZERO);
	struct files_arrays a;

	if (!f || arrays_alloc(size, &a) < 0) {
		cache_free(&files_cache, f);
		return -ENOMEM;
	}
	ref_init(&f->ref);
	spinlock_init(&f->lock, "files", LOCK_RANK_FILES);
	f->size = size;
	f->slots = a.slots;
	f->used = a.used;
	f->cloexec = a.cloexec;
	*out = f;
	return 0;
}

int files_create(struct files **out)
{
	return table_create(FILES_FIRST_SIZE, out);
}

/* Slots up to the last open one, rounded up to a size a table can have. lock held. */
static unsigned used_size(const struct files *f)
{
	unsigned words = (unsigned)BITMAP_WORDS(f->size);

	while (words > 1 && f->used[words - 1] == 0)
		words--;
	return max(words * (unsigned)BITMAP_WORD_BITS, FILES_FIRST_SIZE);
}

/* Both tables' locks are not needed: `to` is still private. A reserved slot of another thread is
 * not copied. */
static void copy_slots(struct files *from, struct files *to)
{
	size_t fd;

	bitmap_for_each_set(fd, from->used, to->size) {
		struct file *file = from->slots[fd];

		if (!file)
			continue;
		to->slots[fd] = file_get(file);
		bitmap_set(to->used, fd);
		if (bitmap_test(from->cloexec, fd))
			bitmap_set(to->cloexec, fd);
	}
}

int files_copy(struct files *from, struct files **out)
{
	struct files *to;

	for (;;) {
		unsigned size;
		int err;

		spin_lock(&from->lock);
		size = used_size(from);
		spin_unlock(&from->lock);
		if (size > ALIGN_UP(READ_ONCE(descriptor_max), BITMAP_WORD_BITS))
			return -EMFILE;
		/* It may grow until the copy is there: then once more. */
		err = table_create(size, &to);
		if (err)
			return err;
		spin_lock(&from->lock);
		if (used_size(from) <= size)
			break;
		spin_unlock(&from->lock);
		files_put(to);
	}
	copy_slots(from, to);
	spin_unlock(&from->lock);
	*out = to;
	return 0;
}

struct files *files_get(struct files *f)
{
	ref_get(&f->ref);
	return f;
}

/* One descriptor of a table gives its file up. */
static int close_file(struct files *f, struct file *file)
{
	int err = file->ops->flush ? file->ops->flush(file) : 0;

	if (file->inode->locks)
		lock_release_owner(file->inode, f);
	file_put(file);
	return err;
}

void files_put(struct files *f)
{
	size_t fd;

	if (!f || !ref_put(&f->ref))
		return;
	bitmap_for_each_set(fd, f->used, f->size) {
		if (f->slots[fd])
			close_file(f, f->slots[fd]);
	}
	buffer_free(f->slots, arrays_bytes(f->size));
	cache_free(&files_cache, f);
}

int files_unshare(void)
{
	struct files *old = current->files, *own;
	irqflags_t irq;
	int err;

	if (ref_count(&old->ref) == 1)
		return 0;
	err = files_copy(old, &own);
	if (err)
		return err;
	irq = spin_lock_irqsave(&tasks_lock);
	current->files = own;
	spin_unlock_irqrestore(&tasks_lock, irq);
	files_put(old);
	return 0;
}

/* Takes fd out of the table; the caller owns the file then. NULL if it isn't open. lock held. */
static struct file *slot_take(struct files *f, unsigned fd)
{
	struct file *file;

	if (fd >= f->size || !f->slots[fd])
		return NULL;
	file = f->slots[fd];
	f->slots[fd] = NULL;
	bitmap_clear(f->used, fd);
	bitmap_clear(f->cloexec, fd);
	f->next_free = min(f->next_free, fd);
	return file;
}

void files_close_on_exec(struct files *f)
{
	for (size_t fd = 0;; fd++) {
		struct file *file;

		spin_lock(&f->lock);
		fd = bitmap_find_set(f->cloexec, f->size, fd);
		file = fd < f->size ? slot_take(f, (unsigned)fd) : NULL;
		if (fd >= f->size) {
			spin_unlock(&f->lock);
			return;
		}
		spin_unlock(&f->lock);
		if (file)
			close_file(f, file);
	}
}

struct files *files_of_task(struct task *t)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct files *files = t->files != NULL ? files_get(t->files) : NULL;

	spin_unlock_irqrestore(&tasks_lock, irq);
	return files;
}

int file_of_task(struct task *t, unsigned fd, struct file **out)
{
	struct files *files = files_of_task(t);

	*out = files != NULL ? files_get_file(files, fd) : NULL;
	files_put(files);
	return *out != NULL ? 0 : files == NULL ? -ESRCH : -EBADF;
}

struct file *files_get_file(struct files *f, unsigned fd)
{
	struct file *file = NULL;

	spin_lock(&f->lock);
	if (fd < f->size && f->slots[fd])
		file = file_get(f->slots[fd]);
	spin_unlock(&f->lock);
	return file;
}

struct file *fd_get_any(int fd)
{
	return fd < 0 ? NULL : files_get_file(current->files, (unsigned)fd);
}

struct file *fd_get(int fd)
{
	struct file *file = fd_get_any(fd);

	if (file && (file->mode & FILE_PATH)) {
		file_put(file);
		file = NULL;
	}
	return file;
}

struct fd_ref fd_borrow_shared(int fd)
{
	return (struct fd_ref){ fd_get_any(fd), true };
}

int files_next(struct files *f, unsigned fd)
{
	int found = -1;

	spin_lock(&f->lock);
	for (; fd < f->size; fd++) {
		if (f->slots[fd]) {
			found = (int)fd;
			break;
		}
	}
	spin_unlock(&f->lock);
	return found;
}

/* Doubles the table until it holds fd. lock held at entry and on return, dropped between. 0,
 * -ENOMEM, -EMFILE. */
static int table_grow(struct files *f, unsigned fd) __must_hold(f->lock)
{
	unsigned size = f->size, old_size;
	struct files_arrays a;
	void *old;

	if (fd >= READ_ONCE(descriptor_max))
		return -EMFILE;
	while (size <= fd)
		size *= 2;
	spin_unlock(&f->lock);
	if (arrays_alloc(size, &a) < 0) {
		spin_lock(&f->lock);
		return -ENOMEM;
	}
	spin_lock(&f->lock);
	old = a.slots;
	old_size = size;
	if (f->size < size) { /* nobody else grew it meanwhile */
		memcpy(a.slots, f->slots, f->size * sizeof(a.slots[0]));
		bitmap_copy(a.used, f->used, f->size);
		bitmap_copy(a.cloexec, f->cloexec, f->size);
		old = f->slots;
		old_size = f->size;
		f->slots = a.slots;
		f->used = a.used;
		f->cloexec = a.cloexec;
		WRITE_ONCE(f->size, size);
	}
	spin_unlock(&f->lock);
	buffer_free(old, arrays_bytes(old_size));
	spin_lock(&f->lock);
	return 0;
}

static unsigned fd_limit(void)
{
	return (unsigned)min(READ_ONCE(current->group->rlimits[RLIMIT_NOFILE].cur),
			     (uint64_t)DESCRIPTOR_MAX_MOST);
}

int fd_reserve(unsigned from, bool cloexec)
{
	struct files *f = current->files;
	unsigned limit = fd_limit();
	size_t fd;
	int err = 0;

	spin_lock(&f->lock);
	for (;;) {
		fd = bitmap_find_zero(f->used, f->size, max(from, f->next_free));
		if (fd < f->size)
			break;
		fd = max(f->size, from);
		err = fd >= limit ? -EMFILE : table_grow(f, (unsigned)fd);
		if (err)
			break;
	}
	if (!err && fd >= limit)
		err = -EMFILE;
	if (!err) {
		bitmap_set(f->used, fd);
		if (cloexec)
			bitmap_set(f->cloexec, fd);
		else
			bitmap_clear(f->cloexec, fd);
		if (from <= f->next_free)
			f->next_free = (unsigned)fd + 1;
	}
	spin_unlock(&f->lock);
	return err ? err : (int)fd;
}

void fd_install(int fd, struct file *file)
{
	struct files *f = current->files;

	spin_lock(&f->lock);
	debug_assert(!f->slots[fd] && bitmap_test(f->used, (size_t)fd));
	f->slots[fd] = file;
	spin_unlock(&f->lock);
}

void fd_unreserve(int fd)
{
	struct files *f = current->files;

	spin_lock(&f->lock);
	bitmap_clear(f->used, (size_t)fd);
	bitmap_clear(f->cloexec, (size_t)fd);
	f->next_free = min(f->next_free, (unsigned)fd);
	spin_unlock(&f->lock);
}

int fd_add(struct file *file, bool cloexec)
{
	int fd = fd_reserve(0, cloexec);

	if (fd < 0)
		file_put(file);
	else
		fd_install(fd, file);
	return fd;
}

int fd_close(int fd)
{
	struct files *f = current->files;
	struct file *file = NULL;

	spin_lock(&f->lock);
	if (fd >= 0)
		file = slot_take(f, (unsigned)fd);
	spin_unlock(&f->lock);
	return file ? close_file(f, file) : -EBADF;
}

int fd_replace(int fd, struct file *file, bool cloexec)
{
	struct files *f = current->files;
	struct file *old;
	int err = 0;

	if ((unsigned)fd >= fd_limit()) {
		file_put(file);
		return -EBADF;
	}
	spin_lock(&f->lock);
	if ((unsigned)fd >= f->size)
		err = table_grow(f, (unsigned)fd);
	if (err == -EMFILE)
		err = -EBADF; /* no number at all */
	old = err ? NULL : slot_take(f, (unsigned)fd);
	/* Reserved by a call in another thread, which would find its place taken. */
	if (!err && bitmap_test(f->used, (size_t)fd))
		err = -EBUSY;
	if (!err) {
		bitmap_set(f->used, (size_t)fd);
		if (cloexec)
			bitmap_set(f->cloexec, (size_t)fd);
		f->slots[fd] = file;
	}
	spin_unlock(&f->lock);
	if (err)
		file_put(file);
	if (old)
		close_file(f, old);
	return err ? err : fd;
}

int fd_cloexec_get(int fd)
{
	struct files *f = current->files;
	int ret = -EBADF;

	spin_lock(&f->lock);
	if ((unsigned)fd < f->size && f->slots[fd])
		ret = bitmap_test(f->cloexec, (size_t)fd);
	spin_unlock(&f->lock);
	return ret;
}

int fd_cloexec_set(int fd, bool on)
{
	struct files *f = current->files;
	int ret = -EBADF;

	spin_lock(&f->lock);
	if ((unsigned)fd < f->size && f->slots[fd]) {
		ret = 0;
		if (on)
			bitmap_set(f->cloexec, (size_t)fd);
		else
			bitmap_clear(f->cloexec, (size_t)fd);
	}
	spin_unlock(&f->lock);
	return ret;
}

void fd_return_counted(struct file *file)
{
	file_put(file);
}
