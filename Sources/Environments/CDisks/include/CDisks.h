#ifndef SHRIKE_CDISKS_H
#define SHRIKE_CDISKS_H

// What Linux offers to those who take disks from programs, and Swift's Glibc module lacks.

// Has a file become a block device, which is gone when nobody has it open or mounted any more.
// Returns 0 and the device's number and a descriptor of it, or an error number.
int disk_attach(int file, int *number, int *descriptor);

// Mounts an ext4 file system. Returns 0, or an error number.
int disk_mount(const char *device, const char *target, const char *options);

// Unmounts what is mounted on a directory. Returns 0, or an error number.
int disk_unmount(const char *target);

// Has the kernel forget what it has read of a block device, after writing what is not written yet.
// Returns 0, or an error number.
int disk_forget(int device);

// Cuts a mounted ext4 file system from its device: what is not on it yet never will be, and every
// use of the file system fails with EIO from now on. Returns 0, or an error number.
int disk_shut_down(const char *directory);

// Makes all of a mounted file system durable. Returns 0, or an error number.
int disk_sync(const char *directory);

#endif
