/*
 * Redirections, and undoing them
 *
 * Around something that runs inside the shell, a redirection saves the
 * descriptor it hides, above 10 and close-on-exec, on a stack; leaving undoes
 * down to a depth. In a child of its own nothing is saved.
 *
 * Entry points: redirect_apply(), redirect_depth(), redirect_undo().
 */

#include "initramfs/grove/sh.h"

#include <fcntl.h>

#define PIPE_ROOM 4096	/* what a pipe takes for sure without a reader */

struct undo {
	struct undo *below;
	int fd, copy;	/* copy -1: fd was closed */
};

static struct undo *undos;

/* A descriptor to read the text from. What a pipe may not hold, a child writes. */
static int heredoc_open(const char *text)
{
	size_t len = strlen(text);
	int fds[2];
	pid_t pid = 0;

	if (pipe(fds) < 0)
		return -1;
	if (len > PIPE_ROOM)
		pid = fork();
	if (pid == 0) {
		write_all(fds[1], text, len);
		if (len > PIPE_ROOM)
			_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

/* The descriptor to put in r->fd's place, which redirect_one() closes if *ours. -1: error. */
static int redirect_open(struct redirect *r, const char *target, bool *ours)
{
	int flags = r->op[0] == '>' ? O_WRONLY | O_CREAT : O_RDONLY;
	char *end;
	long fd;

	if (strncmp(r->op, "<<", 2) == 0)
		return heredoc_open(target);
	if (r->op[1] == '&') {
		*ours = false;
		fd = strtol(target, &end, 10);
		errno = EBADF;
		return end == target || *end || fcntl(fd, F_GETFD) < 0 ? -1 : (int)fd;
	}
	if (strcmp(r->op, ">>") == 0)
		flags |= O_APPEND;
	else if (strcmp(r->op, "<>") == 0)
		flags = O_RDWR | O_CREAT;
	else if (r->op[0] == '>')
		flags |= O_TRUNC;
	if (strcmp(r->op, ">") == 0 && sh.opt['C'] && access(target, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	return open(target, flags, 0666);
}

static void undo_push(int fd)
{
	struct undo *undo = xmalloc(sizeof(*undo));

	*undo = (struct undo){.below = undos, .fd = fd, .copy = fcntl(fd, F_DUPFD_CLOEXEC, 10)};
	undos = undo;
}

static bool redirect_one(struct redirect *r, bool save)
{
	char *target = expand_string(r->target->parts);
	bool ours = true;
	int fd;

	if (r->op[1] == '&' && strcmp(target, "-") == 0) {
		if (save)
			undo_push(r->fd);
		close(r->fd);
		return true;
	}
	fd = redirect_open(r, target, &ours);
	if (fd < 0) {
		sh_warn("%s: %s", r->op[1] == '<' ? "<<" : target, strerror(errno));
		return false;
	}
	if (fd == r->fd)
		return true;
	if (save)
		undo_push(r->fd);
	dup2(fd, r->fd);
	if (ours)
		close(fd);
	return true;
}

bool redirect_apply(struct redirect *list, bool save)
{
	if (list)
		fflush(stdout);
	for (; list; list = list->next)
		if (!redirect_one(list, save))
			return false;
	return true;
}

struct undo *redirect_depth(void)
{
	return undos;
}

static void undo_to(struct undo *depth, bool restore)
{
	while (undos != depth) {
		struct undo *undo = undos;

		undos = undo->below;
		if (restore && undo->copy >= 0)
			dup2(undo->copy, undo->fd);
		else if (restore)
			close(undo->fd);
		if (undo->copy >= 0)
			close(undo->copy);
		free(undo);
	}
}

void redirect_undo(struct undo *depth)
{
	if (undos != depth)
		fflush(stdout);
	undo_to(depth, true);
}

void redirect_keep(struct undo *depth)
{
	undo_to(depth, false);
}
