#!/bin/sh
# Runs nats-server and ends it when the parent is gone, however the parent ended: the parent holds the other end of our
# standard input and never writes to it, so its end (kill -9 included) is an end of file here.
# usage: watchdog.sh SECONDS BINARY ARGUMENTS...   (SECONDS between SIGTERM and SIGKILL)
grace=$1
shift

# A background command gets /dev/null as standard input, so the pipe is kept as descriptor 3.
exec 3<&0 </dev/null

"$@" 3<&- &
broker=$!

(
  # The parent may end at any moment; signals meant for the group must not end the watcher before the broker.
  trap '' TERM INT HUP
  while read -r _ <&3; do :; done
  kill -TERM "$broker" 2>/dev/null
  waited=0
  while [ "$waited" -lt "$((grace * 10))" ] && kill -0 "$broker" 2>/dev/null; do
    sleep 0.1
    waited=$((waited + 1))
  done
  kill -KILL "$broker" 2>/dev/null
) &
watcher=$!
exec 3<&-

trap 'kill -TERM "$broker" 2>/dev/null' TERM INT HUP
wait "$broker"
code=$?
# A signal interrupts `wait`: the broker is asked to stop and may still be writing.
while kill -0 "$broker" 2>/dev/null; do
  wait "$broker"
  code=$?
done
kill -KILL "$watcher" 2>/dev/null
exit "$code"
