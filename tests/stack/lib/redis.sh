# Starts Redis with a password, in the clear on one port and encrypted on another.
# shellcheck shell=bash

start_redis() {
  install --directory --owner redis --group redis --mode 700 "$STATE/redis"
  install --owner redis --group redis --mode 600 "$PKI/server.key" "$PKI/server.crt" "$PKI/ca.crt" "$STATE/redis"
  install --owner redis --group redis --mode 600 /dev/stdin "$STATE/redis/redis.conf" <<CONF
bind 127.0.0.1 $NODE_IP
port 6379
tls-port 6380
tls-cert-file $STATE/redis/server.crt
tls-key-file $STATE/redis/server.key
tls-ca-cert-file $STATE/redis/ca.crt
tls-auth-clients no
requirepass $(secret redis)
maxmemory 128mb
maxmemory-policy noeviction
dir $STATE/redis
save ""
appendonly no
CONF
  start redis setpriv --reuid redis --regid redis --init-groups -- redis-server "$STATE/redis/redis.conf"
  await redis 30
}
