# SPDX-License-Identifier: Apache-2.0
#
# For the scripts of the chapters: they wait for a state, not for a time. On a busy
# machine a state may come late.
#
#    . chapters/waits.sh        at the top of the tree
#    until_true COMMAND …       waits until the command succeeds; these are such commands:
#    all_asleep PID             every thread of the process sleeps in a system call
#    all_stopped PID            every thread is stopped, by the signal or by strace
#    serves COMMAND …           the command, with a port behind it, starts a server as $!, and
#                               descriptor 3 is connected to it; sets $port
#    child_of PID               sets $child, the process that a `timeout` runs
#    told                       $work/out says where a server listens; sets $port
#
# $work is the caller's folder.

# Looks again and again. After half a minute the script ends with 1.
until_true() {
  local end=$((SECONDS + 30))
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "waited in vain: $*" >&2
      exit 1
    fi
    sleep 0.02
  done
}

# What the kernel says of each thread, read without another process.
threads() {
  local file text
  for file in "/proc/$1/task/"*/status; do
    { IFS= read -r -d '' text <"$file" || true; } 2>/dev/null
    printf '%s\n' "$text"
  done
}

# Two looks see the same: the state "S", and how often each thread has gone to sleep. So
# between them no thread ran. A thread that strace holds has the state "t".
all_asleep() {
  local seen
  seen=$(threads "$1")
  [[ $seen == *State:* ]] && ! [[ $seen =~ State:[[:space:]]*[^[:space:]S] ]] &&
    [ "$seen" = "$(threads "$1")" ]
}

all_stopped() {
  local seen
  seen=$(threads "$1")
  [[ $seen == *State:* ]] && ! [[ $seen =~ State:[[:space:]]*[^[:space:]Tt] ]]
}

connected() {
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null
}

# Fails where the port is taken: the server has ended, or another one answers. The ports are
# below those that the kernel gives to clients.
serves() {
  port=$((20000 + RANDOM % 12000))
  if connected "$port"; then
    exec 3>&-  # or the server would inherit it
    return 1
  fi
  "$@" "$port"
  until connected "$port"; do
    kill -0 "$!" 2>/dev/null || return 1
    sleep 0.02
  done
}

child_of() {
  child=$(cat "/proc/$1/task/$1/children")
  child=${child%% *}
  [ -n "$child" ]
}

# "listening on 127.0.0.1:PORT", or "127.0.0.1 PORT".
told() {
  [ -s "$work/out" ] || return 1
  port=$(sed -nE 's/^.*127\.0\.0\.1[: ]([0-9]+)$/\1/p' "$work/out")
  [ -n "$port" ]
}
