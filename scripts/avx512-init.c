// The first and only process of the machine that scripts/test-avx512 emulates: runs the kernels' self test, says how it
// ended, and switches the machine off.
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int main(void) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) {
    // Linux gives what it does not know of its command line to the first process, as environment variables.
    execl("/kernel-selftest", "kernel-selftest", getenv("rounds"), getenv("seed"), (char *)NULL);
    _exit(127);
  }
  if (child < 0 || waitpid(child, &status, 0) < 0) perror("init");
  else if (WIFSIGNALED(status)) printf("\ninit: the self test was ended by signal %d\n", WTERMSIG(status));
  else printf("init: the self test ended with status %d\n", WEXITSTATUS(status));
  fflush(stdout);
  tcdrain(STDOUT_FILENO);
  // Bochs ends when this word comes to this port.
  if (iopl(3) == 0)
    for (const char *word = "Shutdown"; *word; word++) outb((unsigned char)*word, 0x8900);
  for (;;) pause();
}
