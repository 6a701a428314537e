#!/bin/sh
# The first process in the namespaces of a cluster: when it ends, everything else in them is killed by the kernel.
#   sh first-process.sh DIRECTORY-FOR-LOGS-OF-PODS DIRECTORY-FOR-SETTINGS FILE-THAT-SAYS-READY
set -eu
pod_logs=$1
settings=$2
ready=$3

# Sockets of containerd and its shims, network namespaces of pods, the lock of iptables.
mount -t tmpfs -o mode=755 tmpfs /run
mount --bind "$pod_logs" /var/log

# The kubelet wants these settings of the kernel, which are those of the whole machine. Here it reads that they are so;
# the machine keeps its own (kubernetes: pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables).
tunable() {
  file=$settings/$(echo "$1" | tr / -)
  echo "$2" >"$file"
  mount --bind "$file" "/proc/sys/$1"
}
tunable vm/overcommit_memory 1
tunable vm/panic_on_oom 0
tunable kernel/panic 10
tunable kernel/panic_on_oops 1
tunable kernel/keys/root_maxkeys 1000000
tunable kernel/keys/root_maxbytes 25000000

# Mounts of volumes reach the containers.
mount --make-rshared /
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
: >"$ready"

# Waits for good, and for the ends of those whose parents have ended before them.
sleep infinity &
wait $!
