/*
 * The line editor
 *
 * The terminal is raw only while a line is typed, so programs find it as they
 * expect it, and it is read one byte at a time, so that what was typed ahead for
 * a program stays there. The prompt is written once; after that only what
 * changes is redrawn. Long lines wrap: a position on the screen is prompt length
 * plus index, cut into rows of the terminal's width. The terminal is never asked
 * anything; its width is what the kernel says it is, or 80.
 *
 *	left right home end, ^B ^F ^A ^E	move
 *	backspace delete, ^H ^D ^K ^U ^W	delete
 *	up down, ^P ^N, ^R			history, searching it
 *	tab ^L ^C				complete, clear the screen, give up
 *
 * LIMIT: a character is a byte; the cursor steps into multi-byte characters.
 *
 * Entry points: edit_line(), edit_history_print().
 */

#include "initramfs/grove/sh.h"
#include "initramfs/grove/edit.h"

#include <ctype.h>
#include <sys/ioctl.h>
#include <termios.h>

#define HISTORY_SIZE 500
#define CONTROL(letter) ((letter) & 31)

enum key {
	KEY_NONE = 256, KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE,
	KEY_CLOSED,
};

struct editor {
	const char *prompt;
	size_t prompt_len, width;
	char *line;
	size_t len, room, cursor;	/* the terminal's cursor is always at `cursor` */
	int history_at;			/* the entry shown; history_count: the new line */
	char *draft;			/* the new line, while an entry is shown */
};

static char *history[HISTORY_SIZE];
static int history_count;

/* History */

static void history_add(const char *line, size_t len)
{
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		len--;
	if (len == 0 || (history_count > 0 && strlen(history[history_count - 1]) == len &&
			 memcmp(history[history_count - 1], line, len) == 0))
		return;
	if (history_count == HISTORY_SIZE) {
		free(history[0]);
		memmove(history, history + 1, --history_count * sizeof(*history));
	}
	history[history_count++] = xstrndup(line, len);
}

void edit_history_print(void)
{
	for (int i = 0; i < history_count; i++)
		printf("%5d  %s\n", i + 1, history[i]);
}

/* The terminal */

static void put(const char *s, size_t len)
{
	write_all(STDERR_FILENO, s, len);
}

static void put_string(const char *s)
{
	put(s, strlen(s));
}

static bool terminal_raw(struct termios *saved)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, saved) < 0)
		return false;
	raw = *saved;
	raw.c_iflag &= ~(IXON | ICRNL | INLCR);
	raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

static size_t terminal_width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static int read_byte(void)
{
	unsigned char c;
	ssize_t n;

	do
		n = read(STDIN_FILENO, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? c : KEY_CLOSED;
}

/* ESC [ A, ESC O A, ESC [ 3 ~ ... */
static int read_escape(void)
{
	static const struct { char end; int number; enum key key; } known[] = {
		{'A', 0, KEY_UP}, {'B', 0, KEY_DOWN}, {'C', 0, KEY_RIGHT}, {'D', 0, KEY_LEFT},
		{'H', 0, KEY_HOME}, {'F', 0, KEY_END}, {'~', 1, KEY_HOME}, {'~', 3, KEY_DELETE},
		{'~', 4, KEY_END}, {'~', 7, KEY_HOME}, {'~', 8, KEY_END},
	};
	int c = read_byte(), number = 0;

	if (c != '[' && c != 'O')
		return KEY_NONE;
	while (isdigit(c = read_byte()) || c == ';')
		number = c == ';' ? 0 : (number * 10 + c - '0') % 1000;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].end == c && (c != '~' || known[i].number == number))
			return known[i].key;
	return KEY_NONE;
}

static int read_key(void)
{
	int c = read_byte();

	switch (c) {
	case 27: return read_escape();
	case CONTROL('A'): return KEY_HOME;
	case CONTROL('B'): return KEY_LEFT;
	case CONTROL('E'): return KEY_END;
	case CONTROL('F'): return KEY_RIGHT;
	case CONTROL('N'): return KEY_DOWN;
	case CONTROL('P'): return KEY_UP;
	case 127: return '\b';
	case '\r': return '\n';
	}
	return c;
}

/* Drawing */

static void put_move(size_t count, char direction)
{
	if (count > 0)
		put_string(scratch_printf("\33[%zu%c", count, direction));
}

static void move_to(struct editor *e, size_t target)
{
	size_t from = e->prompt_len + e->cursor, to = e->prompt_len + target;
	size_t from_row = from / e->width, to_row = to / e->width;

	e->cursor = target;
	if (from == to)
		return;
	if (to_row < from_row)
		put_move(from_row - to_row, 'A');
	else
		put_move(to_row - from_row, 'B');
	if (from_row == to_row && to + 1 == from) {
		put("\b", 1);
	} else {
		put("\r", 1);
		put_move(to % e->width, 'C');
	}
}

/* A full row leaves the cursor undecided between two rows: make it the lower. */
static void settle(struct editor *e)
{
	if ((e->prompt_len + e->cursor) % e->width == 0)
		put(" \r", 2);
}

/* Redraw from the cursor to the end, and put the cursor at `target`. */
static void draw_rest(struct editor *e, size_t target)
{
	put(e->line + e->cursor, e->len - e->cursor);
	e->cursor = e->len;
	settle(e);
	put_string("\33[J");
	move_to(e, target);
}

static void draw_all(struct editor *e, size_t target)
{
	put(e->prompt, e->prompt_len);
	e->cursor = 0;
	draw_rest(e, target);
}

/* Editing */

static void insert(struct editor *e, const char *s, size_t len)
{
	bool at_end = e->cursor == e->len;

	if (e->len + len + 2 > e->room)
		e->line = xrealloc(e->line, e->room = 2 * (e->len + len) + 80);
	memmove(e->line + e->cursor + len, e->line + e->cursor, e->len - e->cursor);
	memcpy(e->line + e->cursor, s, len);
	e->len += len;
	e->line[e->len] = '\0';
	if (!at_end) {
		draw_rest(e, e->cursor + len);
		return;
	}
	put(s, len);
	e->cursor = e->len;
	settle(e);
}

static void delete(struct editor *e, size_t start, size_t end)
{
	if (start >= end)
		return;
	memmove(e->line + start, e->line + end, e->len - end + 1);
	move_to(e, start);
	e->len -= end - start;
	draw_rest(e, start);
}

static void replace(struct editor *e, const char *line)
{
	delete(e, 0, e->len);
	insert(e, line, strlen(line));
}

static size_t word_before(struct editor *e)
{
	size_t at = e->cursor;

	while (at > 0 && isspace((unsigned char)e->line[at - 1]))
		at--;
	while (at > 0 && !isspace((unsigned char)e->line[at - 1]))
		at--;
	return at;
}

static void history_go(struct editor *e, int to)
{
	if (to < 0 || to > history_count || to == e->history_at)
		return;
	if (e->history_at == history_count) {
		free(e->draft);
		e->draft = xstrdup(e->line);
	}
	e->history_at = to;
	replace(e, to == history_count ? e->draft : history[to]);
}

/* ^R: the newest older line that has the typed text in it. The key that ends it is returned. */
static int history_search(struct editor *e)
{
	char query[100] = "";
	int at = history_count, key = CONTROL('R');
	const char *found = "";

	move_to(e, 0);
	for (;;) {
		size_t len = strlen(query);
		int older = at - (key == CONTROL('R') ? 1 : 0);

		if (older >= history_count)
			older = history_count - 1;
		while (older >= 0 && (len == 0 || !strstr(history[older], query)))
			older--;
		if (older >= 0)
			found = history[at = older];
		put_string(scratch_printf("\r\33[J(search `%s') %.*s", query,
					  (int)(e->width / 2), found));
		key = read_key();
		if (key == '\b' && len > 0)
			query[len - 1] = '\0';
		else if (key >= ' ' && key < 127 && len + 1 < sizeof(query))
			strcpy(query + len, (char[]){key, '\0'});
		else if (key != CONTROL('R'))
			break;
	}
	put_string("\r\33[J");
	draw_all(e, e->len);
	if (*found && key != CONTROL('C') && key != CONTROL('G'))
		replace(e, found);
	return key == CONTROL('C') || key == CONTROL('G') ? KEY_NONE : key;
}

static void list_choices(struct editor *e, char **words)
{
	size_t at = e->cursor, column = 0;

	move_to(e, e->len);
	put_string("\r\n");
	for (; *words; words++) {
		if (column + strlen(*words) + 2 > e->width && column > 0) {
			put_string("\r\n");
			column = 0;
		}
		put_string(scratch_printf("%s  ", *words));
		column += strlen(*words) + 2;
	}
	put_string("\r\n");
	draw_all(e, at);
}

/* Insert what all choices have in common; if that is nothing new, show them. */
static void complete_word(struct editor *e)
{
	size_t start = complete_start(e->line, e->cursor), have = e->cursor - start, common;
	char **words = complete(e->line, start, e->cursor);

	if (!words)
		return;
	common = strlen(words[0]);
	for (char **w = words; *w; w++)
		while (strncmp(*w, words[0], common) != 0)
			common--;
	if (common > have)
		insert(e, words[0] + have, common - have);
	if (words[1] && common == have)
		list_choices(e, words);
	else if (!words[1] && words[0][common - 1] != '/')
		insert(e, " ", 1);
	for (char **w = words; *w; w++)
		free(*w);
	free(words);
}

static void edit_key(struct editor *e, int key)
{
	char c = key;

	switch (key) {
	case KEY_LEFT: move_to(e, e->cursor - (e->cursor > 0)); break;
	case KEY_RIGHT: move_to(e, e->cursor + (e->cursor < e->len)); break;
	case KEY_HOME: move_to(e, 0); break;
	case KEY_END: move_to(e, e->len); break;
	case KEY_UP: history_go(e, e->history_at - 1); break;
	case KEY_DOWN: history_go(e, e->history_at + 1); break;
	case '\b': delete(e, e->cursor - (e->cursor > 0), e->cursor); break;
	case CONTROL('D'):
	case KEY_DELETE: delete(e, e->cursor, e->cursor + (e->cursor < e->len)); break;
	case CONTROL('K'): delete(e, e->cursor, e->len); break;
	case CONTROL('U'): delete(e, 0, e->cursor); break;
	case CONTROL('W'): delete(e, word_before(e), e->cursor); break;
	case '\t': complete_word(e); break;
	case CONTROL('L'):
		put_string("\33[H\33[J");
		draw_all(e, e->cursor);
		break;
	default:
		if (key >= ' ' && key < 256)
			insert(e, &c, 1);
	}
}

/* Keys until the line is complete; what ended it: newline, ^C, or ^D for the end of input. */
static int edit_loop(struct editor *e)
{
	for (;;) {
		struct mark mark = scratch_mark();
		int key = read_key();

		e->width = terminal_width();
		if (key == CONTROL('R'))
			key = history_search(e);
		if (key == KEY_CLOSED || (key == CONTROL('D') && e->len == 0))
			return CONTROL('D');
		if (key == '\n' || key == CONTROL('C')) {
			move_to(e, e->len);
			put_string(key == '\n' ? "\r\n" : "^C\r\n");
			return key;
		}
		edit_key(e, key);
		scratch_release(mark);
	}
}

static char *read_plain(const char *prompt, bool *interrupted)
{
	struct text line = {0};
	ssize_t n = 1;

	put_string(prompt);
	text_add(&line, "", 0);
	for (char c = 0; c != '\n' && n > 0;) {
		n = read(STDIN_FILENO, &c, 1);
		*interrupted = n < 0 && errno == EINTR && signals_pending();
		if (n < 0 && errno == EINTR && !*interrupted)
			n = 1;
		else if (n > 0)
			text_char(&line, c);
	}
	if (*interrupted)
		put_string("\n");
	return line.len > 0 && !*interrupted ? xstrdup(line.data) : NULL;
}

char *edit_line(const char *prompt, bool *interrupted)
{
	struct editor e = {.prompt = prompt, .prompt_len = strlen(prompt)};
	const char *term = var_get("TERM");
	struct termios saved;
	int end;

	*interrupted = false;
	if ((term && strcmp(term, "dumb") == 0) || !terminal_raw(&saved))
		return read_plain(prompt, interrupted);
	e.width = terminal_width();
	e.history_at = history_count;
	e.line = xmalloc(e.room = 80);
	e.line[0] = '\0';
	put(e.prompt, e.prompt_len);
	end = edit_loop(&e);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	free(e.draft);
	if (end == '\n')
		history_add(e.line, e.len);
	*interrupted = end == CONTROL('C');
	if (end != '\n') {
		free(e.line);
		return NULL;
	}
	strcpy(e.line + e.len, "\n");
	return e.line;
}
