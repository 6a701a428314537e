package main

import "syscall"

// adoptOrphans gives this process the orphans below it, as the first process of a container gets them.
func adoptOrphans() {
	const setChildSubreaper = 36 // PR_SET_CHILD_SUBREAPER of linux/prctl.h
	if _, _, err := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); err != 0 {
		panic(err)
	}
}
