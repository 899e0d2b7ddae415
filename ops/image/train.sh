#!/bin/sh
# Runs a node once while the image is built, and leaves two files beside the jar: broadcaster.aot, with the classes that
# the JVM loaded and linked, so that a start costs half the time; and Netty's native library, unpacked.
#
# There is no Redis here: the node tries to connect and refuses publishes, which loads nearly all classes of the relay.
set -eu
home=/opt/broadcaster # absolute: the archive is valid only for a jar at this path
cd "$home"

broadcaster() {
  java "@$home/jvm.options" -jar "$home/broadcaster.jar" "$@"
}

java "@$home/jvm.options" "-XX:AOTCacheOutput=$home/broadcaster.aot" \
  "-Dio.netty.native.workdir=$home" -Dio.netty.native.deleteLibAfterLoading=false \
  -jar "$home/broadcaster.jar" serve --dev --redis-url redis://127.0.0.1:1 --drain-timeout 0s >/tmp/train.log 2>&1 &
node=$!

tries=0
until broadcaster health 2>/dev/null; do
  tries=$((tries + 1))
  if [ "$tries" -gt 60 ]; then
    cat /tmp/train.log
    exit 1
  fi
  sleep 0.5
done
broadcaster health --ready || true
broadcaster publish --key insecure-development-key demo greeting '{"text":"hello"}' || true
token=$(broadcaster token --dev --sub train --channels '*' --scope subscribe,publish)
timeout 5 java "@$home/jvm.options" -jar "$home/broadcaster.jar" subscribe --token "$token" demo || true

# While the node runs: Netty deletes the file that it has unpacked when it ends.
for architecture in x86_64 aarch_64; do
  name=libnetty_transport_native_epoll_$architecture
  for unpacked in "$name"?*.so; do
    if [ -e "$unpacked" ]; then
      install -m 644 "$unpacked" "$name.so"
    fi
  done
done

# The JVM writes the archive when it ends normally.
kill -TERM "$node"
wait "$node"
rm /tmp/train.log
ls libnetty_transport_native_epoll_*.so

# AOTMode=on: an unusable archive fails here, and not silently at every start.
java -XX:AOTMode=on "-XX:AOTCache=$home/broadcaster.aot" "@$home/jvm.options" -jar "$home/broadcaster.jar" --version
