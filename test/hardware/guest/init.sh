#!/bin/busybox sh
# PID 1 of the guest: makes a small Debian of it, runs the tests that the kernel's command line names, powers off.
# The kernel itself calls /sbin/modprobe, so everything lies in the real root and nothing is changed into.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root NO_COLOR=1 TERM=dumb
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
chmod 1777 /tmp
mount -t configfs none /sys/kernel/config 2>/dev/null
hostname guest
ip link set lo up
# Until the tests begin, where little else runs. It took 7.4 s at a load of 6 on two cores.
BOOT_SECONDS=4
say() {
  read -r up _ </proc/uptime
  echo "@@ $up $*" >/dev/console
}
say "booted $(uname -r)"
modprobe -a virtio_pci virtio_console
port() { # NAME: the device of a line to the runner, once the kernel has heard its name
  for _ in $(seq 100); do
    found=$(grep -lx "$1" /sys/class/virtio-ports/*/name 2>/dev/null) && break
    usleep 50000
  done
  found=${found%/name}
  echo "/dev/${found##*/}"
}
results=$(port results)
/lib/systemd/systemd-udevd --daemon 2>/dev/console
udevadm trigger --action=add --subsystem-match=sound --subsystem-match=tty --subsystem-match=hidraw --subsystem-match=misc
udevadm settle --timeout=10
export CONTROL_PORT="$(port control)" FTDI_PORT="$(port ftdi)"
# All limits follow from how long it took to come here: 6 is a guest whose machine does little else.
read -r up _ </proc/uptime
export TEST_PATIENCE=$((${up%.*} * 6 / BOOT_SECONDS))
[ $TEST_PATIENCE -ge 6 ] || TEST_PATIENCE=6
echo "@@ patience $TEST_PATIENCE after $up s" >"$results"
files=$(sed -n 's/.*hwtests=\([^ ]*\).*/\1/p' /proc/cmdline | tr ',' ' ')
cd /bridge || say "no tests"
say "tests $files"
# For one file of tests; what is waited for within it has limits of its own, and words.
# shellcheck disable=SC2086
node --test --test-concurrency=1 --test-force-exit --test-timeout=$((TEST_PATIENCE * 100000)) --test-reporter=tap $files >"$results" 2>/dev/console </dev/null
echo "@@ ended $?" >"$results"
say ended
sync
poweroff -f
