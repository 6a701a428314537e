/* A process whose first thread ends before another one, as happens for a moment to each process that is killed. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_t first;

static void *stay(void *unused) {
  (void)unused;
  pthread_join(first, NULL);
  /* What can be joined is still about to end for the operating system. */
  usleep(100 * 1000);
  puts("alone");
  fflush(stdout);
  sleep(60);
  return NULL;
}

int main(void) {
  pthread_t other;
  first = pthread_self();
  if (pthread_create(&other, NULL, stay, NULL) != 0) {
    return 1;
  }
  pthread_exit(NULL);
}
