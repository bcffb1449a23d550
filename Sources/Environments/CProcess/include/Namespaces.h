#ifndef SHRIKE_NAMESPACES_H
#define SHRIKE_NAMESPACES_H

// Hosts made of Linux namespaces: programs started in new ones, and what has to be set up in them.

#include <sys/types.h>

// How to start a program; see process_start.
struct process_options {
  const char *path;
  char *const *arguments;
  char *const *environment;
  // Where it starts; null for here.
  const char *directory;
  // It gets sources[i] as descriptor targets[i], and nothing from close_from on. No source may be
  // the target of an earlier pair.
  const int *sources;
  const int *targets;
  int count;
  int close_from;
  // Whether it is process 1 of PID, mount and IPC namespaces of its own.
  int isolates;
  // Whether it also has network and UTS namespaces of its own.
  int isolates_network;
  // Open cgroup.procs files of the control groups that it joins.
  const int *groups;
  int group_count;
  // The most files that it may have open; 0 for as many as this process.
  unsigned long open_files;
  // Whether it runs as another user.
  int changes_user;
  uid_t user;
  gid_t group;
  // The numbers of system calls that a supervisor answers, whoever of the program and its descendants
  // makes them, and where to put the descriptor by which it does.
  const int *watched;
  int watched_count;
  int *listener;
};

// Starts a program in a session of its own, with default signal handling and an empty mask.
// Returns 0 and the process in `pid`, or the number of the error, also where the program could not be
// executed.
int process_start(pid_t *pid, const struct process_options *options);

// Finds a user by name. Returns 0, or an error number; ENOENT where there is no such user.
int process_find_user(const char *name, uid_t *user, gid_t *group);

// Makes this process root of a new user namespace, in which its user is called root.
// It must not have started threads. Returns 0, or an error number.
int process_become_namespace_root(void);

// Has this thread use the network namespace that `descriptor` stands for.
// Returns 0, or an error number.
int process_enter_network(int descriptor);

// Keeps what is mounted and unmounted from now on to this mount namespace.
// Returns 0, or an error number.
int process_make_mounts_private(void);

// Gives this thread, and what it starts from now on, a mount namespace of their own.
// Returns 0, or an error number.
int process_leave_mounts(void);

// Mounts the processes of this PID namespace on /proc. Returns 0, or an error number.
int process_mount_processes(void);

// Mounts an empty file system in memory on a directory. Returns 0, or an error number.
int process_mount_memory(const char *target);

// Makes a file or directory appear in the place of another. Returns 0, or an error number.
int process_mount_bind(const char *source, const char *target);

// Sets the name of the machine in this UTS namespace. Returns 0, or an error number.
int process_set_host_name(const char *name);

#endif
