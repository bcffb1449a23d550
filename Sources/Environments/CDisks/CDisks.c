#define _GNU_SOURCE

#include "CDisks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

// Not in the headers that programs get.
#define EXT4_IOC_SHUTDOWN _IOR('X', 125, uint32_t)
#define EXT4_GOING_FLAGS_NOLOGFLUSH 2

// Another may take a free device first.
enum { ATTEMPT_MAX = 64 };

int disk_attach(int file, int *number, int *descriptor) {
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) return errno;
  int error = EBUSY;
  for (int attempt = 0; attempt < ATTEMPT_MAX && error == EBUSY; attempt++) {
    char path[32];
    *number = ioctl(control, LOOP_CTL_GET_FREE);
    if (*number < 0) {
      error = errno;
      break;
    }
    snprintf(path, sizeof path, "/dev/loop%d", *number);
    *descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (*descriptor < 0) {
      error = errno;
      break;
    }
    struct loop_config config = {.fd = (uint32_t)file, .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
    error = ioctl(*descriptor, LOOP_CONFIGURE, &config) == 0 ? 0 : errno;
    if (error != 0) close(*descriptor);
  }
  close(control);
  return error;
}

int disk_mount(const char *device, const char *target, const char *options) {
  unsigned long flags = MS_NOATIME | MS_NODEV | MS_NOSUID;
  return mount(device, target, "ext4", flags, options) == 0 ? 0 : errno;
}

int disk_unmount(const char *target) { return umount2(target, UMOUNT_NOFOLLOW) == 0 ? 0 : errno; }

int disk_forget(int device) { return ioctl(device, BLKFLSBUF, 0) == 0 ? 0 : errno; }

int disk_shut_down(const char *directory) {
  int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  uint32_t flags = EXT4_GOING_FLAGS_NOLOGFLUSH;
  int error = ioctl(descriptor, EXT4_IOC_SHUTDOWN, &flags) == 0 ? 0 : errno;
  close(descriptor);
  return error;
}

int disk_sync(const char *directory) {
  int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  int error = syncfs(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  return error;
}
