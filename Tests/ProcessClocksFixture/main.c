// A program that reads clocks as programs do, and besides by system calls, which nothing but the
// kernel answers.
//
//   ProcessClocksFixture                  answers each line of its standard input; see answer()
//   ProcessClocksFixture hammer THREADS OFFSET...
//                                         reads the wall clock until there is a line on its standard input,
//                                         and counts the readings that are off by each of these offsets, in
//                                         nanoseconds, and by none

#define _GNU_SOURCE

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t nanoseconds(struct timespec time) {
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t right(clockid_t clock) {
  struct timespec time;
  syscall(SYS_clock_gettime, clock, &time);
  return nanoseconds(time);
}

static int64_t shown(clockid_t clock) {
  struct timespec time = {0, 0};
  clock_gettime(clock, &time);
  return nanoseconds(time);
}

// Prints the right time before a reading, the reading, and the right time after it.
static void answer(const char *name) {
  clockid_t clock = CLOCK_REALTIME;
  if (strcmp(name, "coarse") == 0 || strcmp(name, "time") == 0) clock = CLOCK_REALTIME_COARSE;
  if (strcmp(name, "monotonic") == 0) clock = CLOCK_MONOTONIC;
  int64_t before = right(clock), reading;
  if (strcmp(name, "gettimeofday") == 0) {
    struct timeval time;
    gettimeofday(&time, NULL);
    reading = (int64_t)time.tv_sec * 1000000000 + time.tv_usec * 1000;
  } else if (strcmp(name, "time") == 0) {
    time_t kept = 0;
    time_t seconds = time(&kept);
    reading = kept == seconds && time(NULL) >= seconds ? (int64_t)seconds * 1000000000 : -1;
  } else {
    reading = shown(clock);
  }
  printf("%ld %ld %ld\n", before, reading, right(clock));
}

static int64_t offsets[16];
static int offset_count;
static int is_over;
static long counts[17];

static void *hammer(void *unused) {
  (void)unused;
  long mine[17] = {0};
  while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED))
    for (int i = 0; i < 100; i++) {
      int64_t before = right(CLOCK_REALTIME), reading = shown(CLOCK_REALTIME);
      int64_t after = right(CLOCK_REALTIME);
      int which = 0;
      while (which < offset_count &&
             (reading < before + offsets[which] || reading > after + offsets[which]))
        which++;
      mine[which]++;
    }
  for (int i = 0; i <= offset_count; i++) __atomic_fetch_add(&counts[i], mine[i], __ATOMIC_RELAXED);
  return NULL;
}

int main(int count, char *words[]) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (count > 2 && strcmp(words[1], "hammer") == 0) {
    int thread_count = atoi(words[2]);
    for (int i = 3; i < count && offset_count < 16; i++) offsets[offset_count++] = atoll(words[i]);
    pthread_t threads[64];
    printf("ready\n");
    for (int i = 0; i < thread_count; i++) pthread_create(&threads[i], NULL, hammer, NULL);
    getchar();
    __atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < thread_count; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i <= offset_count; i++) printf("%ld%c", counts[i], i == offset_count ? '\n' : ' ');
    return 0;
  }
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (strcmp(line, "fork") == 0) {
      // The child answers from now on.
      pid_t child = fork();
      if (child > 0) {
        int status;
        waitpid(child, &status, 0);
        return 0;
      }
      printf("%d\n", getpid());
    } else if (strcmp(line, "exec") == 0) {
      printf("%d\n", getpid());
      execl("/proc/self/exe", "ProcessClocksFixture", (char *)NULL);
    } else if (strcmp(line, "cost") == 0) {
      // Nanoseconds for each reading, a hundredth of them.
      int64_t begin = right(CLOCK_MONOTONIC);
      for (int i = 0; i < 100000; i++) shown(CLOCK_REALTIME);
      printf("%ld\n", (right(CLOCK_MONOTONIC) - begin) / 1000);
    } else {
      answer(line);
    }
  }
  return 0;
}
