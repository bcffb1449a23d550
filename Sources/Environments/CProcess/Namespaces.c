#define _GNU_SOURCE

#include "Namespaces.h"
#include "Watch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void reset_signals(void) {
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
}

static int become(const struct process_options *options) {
  if (!options->changes_user) return 0;
  // The library's own functions would have all threads of the process change their user, and wait for
  // those that this copy of it has not.
  if (syscall(SYS_setgroups, 1, &options->group) != 0) return errno;
  if (syscall(SYS_setgid, options->group) != 0) return errno;
  return syscall(SYS_setuid, options->user) != 0 ? errno : 0;
}

// What the new process does, in which only what is safe in a signal handler may be called.
// `report` is the descriptor for its failure, which is closed when the program is executed.
static int enter(const struct process_options *options, int *report, int supervisor) {
  setsid();
  reset_signals();
  for (int i = 0; i < options->group_count; i++)
    if (write(options->groups[i], "0", 1) != 1) return errno;
  // From here on no call may be made that could be watched: nobody answers until the program runs.
  if (options->watched_count > 0) {
    int error = watch_calls(options->watched, options->watched_count, supervisor);
    if (error != 0) return error;
  }
  for (int i = 0; i < options->count; i++)
    if (dup2(options->sources[i], options->targets[i]) < 0) return errno;
  if (*report != options->close_from) {
    if (dup3(*report, options->close_from, O_CLOEXEC) < 0) return errno;
    *report = options->close_from;
  }
  if (close_range(options->close_from + 1, ~0U, 0) != 0) return errno;
  struct rlimit files = {.rlim_cur = options->open_files, .rlim_max = options->open_files};
  if (options->open_files > 0 && setrlimit(RLIMIT_NOFILE, &files) != 0) return errno;
  int error = become(options);
  if (error != 0) return error;
  if (options->directory && chdir(options->directory) != 0) return errno;
  execve(options->path, options->arguments, options->environment);
  return errno;
}

int process_start(pid_t *pid, const struct process_options *options) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  // Beyond what the program gets, so that no pair overwrites it.
  int report = fcntl(ends[1], F_DUPFD_CLOEXEC, options->close_from);
  close(ends[1]);
  if (report < 0) {
    close(ends[0]);
    return errno;
  }
  int channel[2] = {-1, -1};
  if (options->watched_count > 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) {
    int error = errno;
    close(ends[0]);
    close(report);
    return error;
  }
  unsigned long flags = SIGCHLD;
  if (options->isolates)
    flags |= CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC;
  if (options->isolates_network) flags |= CLONE_NEWNET | CLONE_NEWUTS;
  pid_t child = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
  if (child == 0) {
    int error = enter(options, &report, channel[1]);
    (void)!send(report, &error, sizeof error, MSG_NOSIGNAL);
    _exit(127);
  }
  int error = child < 0 ? errno : 0;
  close(report);
  if (options->watched_count > 0) {
    close(channel[1]);
    *options->listener = child > 0 ? watch_listener(channel[0]) : -1;
    close(channel[0]);
  }
  if (child > 0) {
    int reported = 0;
    ssize_t count;
    do count = read(ends[0], &reported, sizeof reported);
    while (count < 0 && errno == EINTR);
    if (count == sizeof reported) {
      waitpid(child, 0, 0);
      error = reported;
    }
  }
  if (error != 0 && options->watched_count > 0 && *options->listener >= 0) close(*options->listener);
  close(ends[0]);
  *pid = child;
  return error;
}

int process_find_user(const char *name, uid_t *user, gid_t *group) {
  errno = 0;
  struct passwd *found = getpwnam(name);
  if (!found) return errno != 0 ? errno : ENOENT;
  *user = found->pw_uid;
  *group = found->pw_gid;
  return 0;
}

static int write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  ssize_t count = (ssize_t)strlen(text);
  int error = write(file, text, (size_t)count) == count ? 0 : errno;
  close(file);
  return error;
}

int process_become_namespace_root(void) {
  char map[64];
  uid_t user = geteuid();
  gid_t group = getegid();
  if (unshare(CLONE_NEWUSER) != 0) return errno;
  int error = write_file("/proc/self/setgroups", "deny");
  if (error != 0) return error;
  snprintf(map, sizeof map, "0 %u 1", (unsigned)user);
  if ((error = write_file("/proc/self/uid_map", map)) != 0) return error;
  snprintf(map, sizeof map, "0 %u 1", (unsigned)group);
  return write_file("/proc/self/gid_map", map);
}

int process_enter_network(int descriptor) {
  return setns(descriptor, CLONE_NEWNET) == 0 ? 0 : errno;
}

int process_make_mounts_private(void) {
  return mount("none", "/", 0, MS_REC | MS_PRIVATE, 0) == 0 ? 0 : errno;
}

int process_leave_mounts(void) {
  return unshare(CLONE_NEWNS) == 0 ? process_make_mounts_private() : errno;
}

int process_mount_processes(void) {
  unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  return mount("proc", "/proc", "proc", flags, 0) == 0 ? 0 : errno;
}

int process_mount_memory(const char *target) {
  return mount("shrike", target, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0 ? 0 : errno;
}

int process_mount_bind(const char *source, const char *target) {
  return mount(source, target, 0, MS_BIND, 0) == 0 ? 0 : errno;
}

int process_set_host_name(const char *name) {
  return sethostname(name, strlen(name)) == 0 ? 0 : errno;
}
