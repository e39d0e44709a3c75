#!/bin/bash
# Runs Envoy, and ends it as `ferro run` would: Envoy itself ends at once when it is told to, and takes with it what is
# under way. This lets nobody in any more, waits until nothing is under way, for $DRAIN_SECONDS at most, and then ends it;
# told twice, it ends at once.
#
#   drain.sh envoy --config-path /etc/envoy/envoy.json
#
# Envoy's admin interface is opened on a port of the loopback address, which nobody outside of the container reaches.
set -u
admin=${DRAIN_ADMIN_PORT:-9901}
left=$((${DRAIN_SECONDS:-60} * 5))
told=0
quiet=0

# Asks the admin interface; bash needs no other program for that.
ask() {
  exec 3<>"/dev/tcp/127.0.0.1/$admin" || return
  printf '%s HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n' "$1" >&3
  cat <&3
  exec 3<&-
}

# How many requests are under way; nothing if Envoy does not say.
under_way() {
  ask 'GET /stats?filter=^http\.ferro\.downstream_rq_active$' 2>/dev/null |
    sed -n 's/^http\.ferro\.downstream_rq_active: \([0-9]*\).*/\1/p'
}

trap 'told=$((told + 1))' TERM INT HUP
"$@" --drain-strategy immediate --drain-time-s 86400 --config-yaml \
  "{admin: {address: {socket_address: {address: 127.0.0.1, port_value: $admin}}}}" &
envoy=$!
# A signal ends the waiting, not Envoy.
while kill -0 "$envoy" 2>/dev/null && [ "$told" = 0 ]; do
  wait "$envoy"
  status=$?
done
if [ "$told" = 0 ]; then exit "$status"; fi

# What is answered from now on says `connection: close`; then nobody new is let in.
ask 'POST /drain_listeners?graceful&skip_exit' >/dev/null
ask 'POST /drain_listeners' >/dev/null
# A connection that is kept may still bring a request: three looks must find nothing.
while [ "$told" = 1 ] && [ "$left" -gt 0 ] && [ "$quiet" -lt 3 ]; do
  if [ "$(under_way)" = 0 ]; then quiet=$((quiet + 1)); else quiet=0; fi
  left=$((left - 1))
  sleep 0.2
done
kill -TERM "$envoy" 2>/dev/null
wait "$envoy"
exit 0
