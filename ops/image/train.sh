#!/bin/sh
# Runs a node under load once while the image is built, and leaves two files beside the jar: broadcaster.aot, with the classes
# that the JVM loaded and linked and the profiles of its methods; and Netty's native library, unpacked.
#
# The node has a Redis, the one of the image that is mounted at /redis: most nodes have one, and without it a publish would be
# refused, and no message delivered.
#
# Why clients: measured with `.ci/first-clients`, JDK 25, no Redis, CPU time of the whole process, medians of 6 alternating runs
# on two processors that did much other work (single runs differ by up to 25 %):
#
#                                            until ready   first 1,000 clients   4,000 more
#   no archive                               1,900 ms      1,695 us each         502 us each
#   trained by one message that was refused  1,255 ms      1,825 us each         592 us each
#   trained by 100 clients                   1,250 ms      1,375 us each         473 us each
#   trained by 300 clients                   1,270 ms      1,520 us each         391 us each
#   trained by 1,000 clients                 1,240 ms      1,595 us each         462 us each
#
# train.sh CLIENTS: few for an image of another platform, where the JVM runs in an emulator.
set -eu
clients=$1
home=/opt/broadcaster # absolute: the archive is valid only for a jar at this path
redis_port=16379
cd "$home"

broadcaster() {
  java "@$home/jvm.options" -jar "$home/broadcaster.jar" "$@"
}

# ARM64-COW-BUG: a test of the kernel that cannot run in an emulator, and without it Redis does not start there. Here it saves
# nothing.
chroot /redis redis-server --bind 127.0.0.1 --port "$redis_port" --dir /tmp --save '' --ignore-warnings ARM64-COW-BUG \
  >/tmp/redis.log 2>&1 &
redis=$!

java "@$home/jvm.options" "-XX:AOTCacheOutput=$home/broadcaster.aot" \
  "-Dio.netty.native.workdir=$home" -Dio.netty.native.deleteLibAfterLoading=false \
  -jar "$home/broadcaster.jar" serve --dev --redis-url "redis://127.0.0.1:$redis_port" --drain-timeout 0s >/tmp/train.log 2>&1 &
node=$!

tries=0
until broadcaster health --ready 2>/dev/null; do
  tries=$((tries + 1))
  if [ "$tries" -gt 60 ] || ! kill -0 "$node" || ! kill -0 "$redis"; then
    cat /tmp/redis.log /tmp/train.log
    exit 1
  fi
  sleep 0.5
done
java "@$home/jvm.options" -cp "$home/broadcaster.jar" dev.broadcaster.cli.Training http://127.0.0.1:8000/broadcaster "$clients" ||
  echo 'train.sh: not all clients were served, the cache may be trained less' >&2

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
kill "$redis"
rm /tmp/train.log /tmp/redis.log
ls libnetty_transport_native_epoll_*.so

# AOTMode=on: an unusable archive fails here, and not silently at every start.
java -XX:AOTMode=on "-XX:AOTCache=$home/broadcaster.aot" "@$home/jvm.options" -jar "$home/broadcaster.jar" --version
