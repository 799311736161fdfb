/* The least that a program of the C library does: come up, and leave. */
int main(void)
{
	return 0;
}
