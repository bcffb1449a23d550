#define _GNU_SOURCE

#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int set_up(posix_spawnattr_t *attributes) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  int error = posix_spawnattr_setflags(
      attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  if (error == 0) error = posix_spawnattr_setsigdefault(attributes, &all);
  if (error == 0) error = posix_spawnattr_setsigmask(attributes, &none);
  return error;
}

static int set_up_files(posix_spawn_file_actions_t *actions, const char *directory,
                        const int sources[], const int targets[], int count, int close_from) {
  int error = 0;
  for (int i = 0; i < count && error == 0; i++)
    error = posix_spawn_file_actions_adddup2(actions, sources[i], targets[i]);
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(actions, close_from);
  if (error == 0 && directory) error = posix_spawn_file_actions_addchdir_np(actions, directory);
  return error;
}

int process_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                  const char *directory, const int sources[], const int targets[], int count,
                  int close_from) {
  posix_spawnattr_t attributes;
  int error = posix_spawnattr_init(&attributes);
  if (error != 0) return error;
  posix_spawn_file_actions_t actions;
  error = posix_spawn_file_actions_init(&actions);
  if (error == 0) {
    error = set_up(&attributes);
    if (error == 0)
      error = set_up_files(&actions, directory, sources, targets, count, close_from);
    if (error == 0)
      error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
  }
  posix_spawnattr_destroy(&attributes);
  return error;
}

int process_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

void process_set_pipe_capacity(int descriptor, int count) {
  (void)fcntl(descriptor, F_SETPIPE_SZ, count);
}

int process_await_readable(int descriptor, int64_t nanoseconds) {
  struct pollfd watched = {.fd = descriptor, .events = POLLIN};
  struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  return ppoll(&watched, 1, nanoseconds < 0 ? 0 : &time, 0) > 0;
}

int process_defer_signal(int signal) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, signal);
  return sigprocmask(SIG_BLOCK, &signals, 0) == 0 ? 0 : errno;
}

int process_await_readable_or_signal(int descriptor, int64_t nanoseconds, int signal) {
  sigset_t mask;
  if (sigprocmask(SIG_BLOCK, 0, &mask) != 0) return 0;
  sigdelset(&mask, signal);
  struct pollfd watched = {.fd = descriptor, .events = POLLIN};
  struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  return ppoll(&watched, 1, nanoseconds < 0 ? 0 : &time, &mask) > 0;
}

int process_become_subreaper(void) {
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno;
}

int process_signal_at_parents_end(int signal) {
  return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) == 0 ? 0 : errno;
}

int process_child_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  if (sigprocmask(SIG_BLOCK, &signals, 0) != 0) return -1;
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

pid_t process_ended_child(void) {
  siginfo_t info = {0};
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return 0;
  return info.si_pid;
}
