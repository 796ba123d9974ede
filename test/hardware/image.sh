#!/usr/bin/env bash
# image.sh CACHE: makes what every guest is booted from, CACHE/vmlinuz and CACHE/base.cpio: the stock Debian kernel, the
# few modules that our devices need, udev, kmod, alsa-utils, the libraries of the native drivers, busybox and this Node.
# Nothing is installed on this machine and no root is needed. Packages are kept in CACHE/packages, by name and version.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$1
mkdir -p "$cache/packages"
kernel=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
release=${kernel#linux-image-}
node=$(readlink -f "$(command -v node)")

# --- packages, fetched but not installed
wanted="$kernel udev kmod libkmod2 libudev1 libusb-1.0-0 libasound2 libasound2-data alsa-utils"
cd "$cache/packages"
# shellcheck disable=SC2086
versions=$(apt-cache policy $wanted | awk '/^[^ ]/ { sub(":", "", $1); name = $1 } /Candidate:/ { print name, $2 }')
stamp="$versions
$(stat -c '%n %s %Y' "$node" /bin/busybox "$here/image.sh" "$here/guest/init.sh")"
[ -f "$cache/base.cpio" ] && [ "$(cat "$cache/stamp" 2>/dev/null)" = "$stamp" ] && exit 0
while read -r name version; do
  file="${name}_${version//:/%3a}_*.deb"
  # shellcheck disable=SC2086
  compgen -G "$file" >/dev/null || { rm -f "${name}"_*.deb && apt-get download -qq "$name=$version" 2>"$cache/apt.log" || { cat "$cache/apt.log" >&2; exit 1; }; }
done <<<"$versions"

# --- the modules that are named here, and what they depend on
all=$cache/all
root=$cache/root
rm -rf "$all" "$root"
mkdir -p "$all" "$root"/{dev,proc,sys,run,tmp,root,bridge,etc/udev/rules.d,var/lib/pacebuddy}
mkdir -p "$root"/usr/{bin,sbin,lib,lib64,share}
# Merged /usr as Debian has it. What a package puts into /lib goes the same way.
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
dpkg-deb --fsys-tarfile "${kernel}"_*.deb | tar -x -C "$all" --wildcards './boot/vmlinuz-*' './lib/modules/*/modules.*' \
  './lib/modules/*/kernel/'{sound,drivers/{hid,usb,input,media,virtio,char},fs,lib,crypto,net/9p}'/*'
for name in udev kmod libkmod2 libudev1 libusb-1.0-0 libasound2 libasound2-data alsa-utils; do
  dpkg-deb --fsys-tarfile "${name}"_*.deb | tar -x --keep-directory-symlink -C "$root" \
    --exclude './usr/share/doc' --exclude './usr/share/man' --exclude './usr/share/locale' --exclude './usr/share/sounds'
done
libraries=$root/usr/lib/x86_64-linux-gnu
depmod() { (export LD_LIBRARY_PATH=$libraries && exec -a depmod "$root/usr/bin/kmod" -b "$1" "$release"); }
depmod "$all" 2>/dev/null
from=$all/lib/modules/$release
to=$root/usr/lib/modules/$release
modules="virtio_pci virtio_console snd-seq snd-seq-dummy snd-seq-midi snd-virmidi snd-usb-audio usbhid hid-generic uhid
  cdc-acm ftdi_sio uhci-hcd dummy_hcd libcomposite usb_f_midi usb_f_hid usb_f_acm"
for module in $modules; do
  awk -F: -v wanted="${module//-/_}" '{
    count = split($1, path, "/"); name = path[count]; sub(/\.ko.*/, "", name); gsub(/-/, "_", name)
    if (name == wanted) print $1 $2
  }' "$from/modules.dep"
done | tr ' ' '\n' | sort -u | while read -r file; do
  [ -z "$file" ] || install -D -m 644 "$from/$file" "$to/$file"
done
cp "$from"/modules.{order,builtin,builtin.modinfo} "$to/"
depmod "$root" 2>/dev/null
cp "$all/boot/vmlinuz-$release" "$cache/vmlinuz"

# --- programs: busybox for everything small, Node, and the libraries that they all load
cp /bin/busybox "$root/usr/bin/busybox"
for name in $(/bin/busybox --list); do
  [ -e "$root/usr/bin/$name" ] || [ -e "$root/usr/sbin/$name" ] || ln -s busybox "$root/usr/bin/$name"
done
cp "$node" "$root/usr/bin/node"
programs=$(find "$root"/usr/bin "$root"/usr/lib/udev "$root"/usr/lib/x86_64-linux-gnu -type f -perm /111 -o -name '*.so*' -type f)
# shellcheck disable=SC2086
{ LD_LIBRARY_PATH=$libraries ldd $programs 2>/dev/null || true; } | grep -oE '/[^ ]+\.so[^ ]*' | sort -u | while read -r library; do
  case $library in
    "$root"/*) ;;
    */ld-linux-x86-64.so.2) cp -L "$library" "$root/usr/lib64/" ;;
    *) [ -e "$libraries/$(basename "$library")" ] || cp -L "$library" "$libraries/" ;;
  esac
done
# Native add-ons need the C++ library, whatever this Node is linked with.
for library in libstdc++.so.6 libgcc_s.so.1; do
  [ -e "$libraries/$library" ] || cp -L "$(/sbin/ldconfig -p | awk -v l=$library '$1 == l && /x86-64/ { print $NF; exit }')" "$libraries/"
done

# --- who is who: the groups of Debian that its udev rules name, and a user for the bridge
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
bridge:x:1000:1000:the bridge:/var/lib/pacebuddy:/bin/sh
END
cat >"$root/etc/group" <<'END'
root:x:0:
tty:x:5:
disk:x:6:
lp:x:7:
kmem:x:15:
dialout:x:20:bridge
cdrom:x:24:
tape:x:26:
audio:x:29:bridge
video:x:44:
plugdev:x:46:bridge
input:x:101:
kvm:x:102:
render:x:103:
sgx:x:104:
bridge:x:1000:
END
install -m 755 "$here/guest/init.sh" "$root/init"
(cd "$root" && find . -print0 | cpio -0 -o -H newc -R 0:0 --quiet) >"$cache/base.cpio.new"
mv "$cache/base.cpio.new" "$cache/base.cpio"
rm -rf "$all" "$root"
echo "$stamp" >"$cache/stamp"
