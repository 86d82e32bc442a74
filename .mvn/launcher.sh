# shellcheck shell=bash
# What the launchers share: find or install what is missing, build when sources are newer than the build, start Java.
# Sourced after `program` (the launcher's name, for messages) is set; sets `top`, the checkout.

top=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
state=$top/.tunbridge
PATH=$PATH:/usr/sbin:/sbin # where ip and ldconfig are, and an ordinary user's PATH does not look

# Exit codes, the same as the Java programs': see docs/operations.md.
readonly exit_failed=1 exit_unavailable=69 exit_permission=77

say() {
  printf '%s: %s\n' "${program:?}" "$*" >&2
}

fail() {
  local code=$1
  shift
  say "$@"
  exit "$code"
}

# ---- what is missing --------------------------------------------------------------------------------------------

missing=() # each "PACKAGE what it is for"

need() { # COMMAND PACKAGE REASON...
  command -v "$1" >/dev/null || missing+=("${*:2}")
}

want() { # like need, but what wants it does without: it is never a reason to stop
  command -v "$1" >/dev/null && return 0
  if ((EUID == 0)) && command -v apt-get >/dev/null; then
    missing+=("${*:2}")
  else
    say "optional, and not here: $2 ${*:3}"
  fi
}

need_libpcap() {
  # Not grep -q: it would close the pipe early, and under pipefail that looks like a missing library.
  ldconfig -p | grep 'libpcap\.so' >/dev/null || missing+=("libpcap0.8 to capture segments where the ring is not wanted")
}

need_java() { # java to run, javac to build
  find_java "$1" || missing+=("$(jdk_package) to ${2:-run Tunbridge}")
}

# Sets JAVA_HOME to a Java 17 or later that has bin/$1. The caller's JAVA_HOME comes first, then PATH, then the usual place.
find_java() {
  local tool=$1 home on_path
  on_path=$(readlink -f "$(command -v "$tool" || true)")
  for home in "${JAVA_HOME-}" "${on_path%/bin/*}" /usr/lib/jvm/*; do
    if [[ -n $home && -x $home/bin/$tool ]] && (($(java_major "$home") >= 17)); then
      export JAVA_HOME=$home
      return 0
    fi
  done
  return 1
}

java_major() { # HOME; from its release file, because starting a JVM to ask costs 50 ms
  local version
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null || true)
  printf '%s' "${version:-0}"
}

jdk_package() { # the oldest that will do and can be had: 17 is the one this project is tested with
  local version
  if [[ -z $(apt-cache show default-jdk-headless 2>/dev/null) ]]; then apt update || true; fi # a fresh image has no lists
  for version in 17 21 25; do
    if [[ -n $(apt-cache show "openjdk-$version-jdk-headless" 2>/dev/null) ]]; then break; fi
    version=17
  done
  printf 'openjdk-%s-jdk-headless' "$version"
}

install_missing() {
  local entry packages=()
  ((${#missing[@]})) || return 0
  for entry in "${missing[@]}"; do
    say "missing: ${entry/ / — }"
    packages+=("${entry%% *}")
  done
  missing=()
  command -v apt-get >/dev/null ||
    fail $exit_unavailable "this system has no apt: install these (Debian's names) its own way and start again: ${packages[*]}"
  ((EUID == 0)) || fail $exit_unavailable "run: sudo apt-get install ${packages[*]}"
  say "installing ${packages[*]} with apt-get"
  if ! apt install "${packages[@]}"; then
    # No lists yet (a fresh image) or lists older than the archive. A failed update may still leave lists that do.
    apt update || true
    apt install "${packages[@]}" || {
      tail -n 5 "$state/apt.log" >&2
      fail $exit_unavailable "apt-get could not install ${packages[*]}; its output is in $state/apt.log"
    }
  fi
}

apt() {
  if ! command -v apt-get >/dev/null || ((EUID != 0)); then return 1; fi
  mkdir -p "$state"
  DEBIAN_FRONTEND=noninteractive timeout 900 apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" \
    </dev/null >>"$state/apt.log" 2>&1
}

# ---- build ------------------------------------------------------------------------------------------------------

need_build_tools() {
  need_java javac 'compile Tunbridge'
  find_maven || missing+=("maven to build Tunbridge")
  if ((${#missing[@]})); then
    install_missing
    find_java javac || fail $exit_unavailable "no JDK 17 or later found: set JAVA_HOME to one"
    find_maven || fail $exit_unavailable "no Maven 3.6.3 or later found: put its mvn on PATH"
  fi
}

find_maven() { # sets `maven` to one of 3.6.3 or later
  local version
  for maven in "$(command -v mvn || true)" /usr/bin/mvn; do
    [[ -x $maven ]] || continue
    version=$("$maven" --version 2>/dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p')
    if printf '3.6.3\n%s\n' "$version" | sort --version-sort --check=quiet; then return 0; fi
  done
  return 1
}

# The build is good while no source, resource or pom.xml (nor a folder of them: something removed) is newer than its start.
is_built() {
  [[ -e $state/built && -e $state/current/complete ]] &&
    [[ -z $(find "$top/pom.xml" "$top"/*/pom.xml "$top"/*/src/main -newer "$state/built" -print -quit 2>/dev/null) ]]
}

# Appended to a build's goals: copies what each module needs at run time beside it and lists it in target/classpath,
# so that starting takes neither Maven nor its repository (which another user may not be able to read).
readonly runnable=(
  dependency:copy-dependencies dependency:build-classpath
  -DincludeScope=runtime -DoutputDirectory=target/lib -Dmdep.prefix=target/lib -Dmdep.outputFile=target/classpath
)

build() {
  if is_built; then return 0; fi
  need_build_tools
  lock_build
  # Another launcher may have built while this one waited.
  if ! is_built; then
    local reason='first use' begun=$SECONDS
    if [[ -e $state/built ]]; then reason='sources have changed'; fi
    say "building ($reason) ..."
    touch "$state/begun"
    if ! "$maven" -f "$top/pom.xml" -B package -Dmaven.test.skip=true "${runnable[@]}" </dev/null 2>&1 {build_lock}>&- | show_progress; then
      give_back
      # After the first "-> [Help" comes only Maven's own advice.
      sed -n '/-> \[Help/q; /^\[ERROR\]/p' "$state/build.log" | head -n 20 >&2 || true
      fail $exit_failed "the build failed; all of its output is in $state/build.log"
    fi
    mark_built
    say "built in $((SECONDS - begun)) s"
  fi
  unlock_build
}

lock_build() { # one build at a time in this checkout
  mkdir -p "$state" 2>/dev/null || true
  [[ -w $state ]] || fail $exit_permission "$top is not built and not yours to write in: build it as its owner, or with sudo"
  exec {build_lock}>"$state/lock"
  if ! flock --nonblock "$build_lock"; then
    say "waiting for another build to end"
    flock "$build_lock"
  fi
}

unlock_build() {
  exec {build_lock}>&-
}

mark_built() { # the stamp bears the time at which the build began: what was edited meanwhile counts as newer
  install_build
  mv "$state/begun" "$state/built"
  give_back
}

# Programs run from a copy of what was built, in a folder that no later build touches: classes are loaded when they are needed,
# and a bridge runs for months. The copy is whole before `current` points to it.
install_build() {
  local fresh module
  fresh=$state/run-$(date +%Y%m%d-%H%M%S)-$$
  for module in tun-bridge sim-server; do
    mkdir -p "$fresh/$module"
    cp --reflink=auto -r "$top/$module/target/lib" "$top/$module/target/classpath" "$fresh/$module/"
    cp --reflink=auto "$top/$module/target/$module-$(built_version "$top/$module/target").jar" "$fresh/$module/$module.jar"
  done
  unpack_natives "$JAVA_HOME" "$fresh/tun-bridge/lib" "$fresh/native" || rm -rf "$fresh/native"
  archive_classes "$fresh" tun-bridge dev.tunbridge.bridge.service.ClassRehearsal
  archive_classes "$fresh" sim-server dev.tunbridge.sim.service.Main --help
  touch "$fresh/lock" "$fresh/complete"
  ln -sfn "$(basename "$fresh")" "$state/current.new"
  mv -T "$state/current.new" "$state/current"
  remove_old_runs
}

# Netty and JNA unpack their libraries at every start, into a folder that they may write to and run programs from: a container has
# none. Where they lie beside the jars nothing is unpacked.
unpack_natives() { # JAVA_HOME LIB FOLDER
  local netty jna
  case $(uname -m) in
    x86_64) netty=x86_64 jna=x86-64 ;;
    aarch64) netty=aarch_64 jna=aarch64 ;;
    riscv64) netty=riscv64 jna=riscv64 ;;
    *) return 1 ;;
  esac
  mkdir -p "$3" || return 1
  (
    # Joined, since callers ask whether it went well, and then bash does not stop at what fails within.
    cd "$3" &&
      "$1/bin/jar" xf "$2"/netty-transport-native-epoll-*-linux-$netty.jar META-INF/native &&
      "$1/bin/jar" xf "$2"/jna-*.jar "com/sun/jna/linux-$jna/libjnidispatch.so" &&
      mv META-INF/native/*.so "com/sun/jna/linux-$jna/libjnidispatch.so" . &&
      rm -rf META-INF com
  )
}

built_version() { # TARGET
  sed -n 's/^version=//p' "$1/maven-archiver/pom.properties"
}

# Whoever runs from a folder holds its lock, shared, until the process ends, whatever ends it.
remove_old_runs() {
  local old
  for old in "$state"/run-*; do
    if [[ $(readlink -f "$old") != "$(readlink -f "$state/current")" ]]; then
      if [[ ! -e $old/lock ]]; then rm -rf "$old"; else flock --nonblock --exclusive "$old/lock" rm -rf "$old" || true; fi
    fi
  done
}

# Sets `run` to the folder of the last build, which stays as long as this process and what it becomes.
hold_run() {
  local run_lock
  for _ in {1..10}; do # another build may just have replaced it
    run=$(readlink -f "$state/current")
    if { exec {run_lock}<"$run/lock"; } 2>/dev/null; then
      flock --shared "$run_lock"
      if [[ -e $run/complete ]]; then return 0; fi
      exec {run_lock}<&-
    fi
  done
  fail $exit_failed "there is no whole build in $state: remove that folder and start again"
}

give_back() { # built with sudo in a user's checkout: what was written is the user's
  ((EUID != 0)) || chown -R --reference="$top" "$state" "$top"/target "$top"/*/target 2>/dev/null || true
}

# Writes Maven's output to the log, and to a terminal one line that says how far it is.
show_progress() {
  local line='' piece status step='starting' shown=''
  while true; do
    status=0
    IFS= read -r -t 1 piece || status=$?
    line+=$piece
    if ((status == 0)); then
      printf '%s\n' "$line"
      if [[ $line =~ Building\ ([^ ]+)\ .*\[([0-9]+/[0-9]+)\] ]]; then step="module ${BASH_REMATCH[2]}, ${BASH_REMATCH[1]}"; fi
      line=''
    elif ((status <= 128)); then # the end; a timeout is more than 128
      break
    fi
    piece="$program: $step, $((SECONDS - begun)) s"
    if [[ -t 2 && $piece != "$shown" ]]; then printf '\r%s \033[K' "$piece" >&2; fi
    shown=$piece
  done >"$state/build.log"
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}

# ---- rights -----------------------------------------------------------------------------------------------------

inside=() # the command that the program runs under, if it has to be given a network of its own

# For what makes its own network namespaces: as root here, else as root of a private user namespace.
# A tmpfs on /run, because `ip netns add` keeps its names there.
need_namespaces() { # the command as typed, for the hint
  local capabilities enter='mount -t tmpfs -o mode=755 tmpfs /run && ip link set lo up && exec "$@"'
  [[ -c /dev/net/tun ]] || { ((EUID == 0)) && modprobe tun 2>/dev/null; } || true
  [[ -c /dev/net/tun ]] ||
    fail $exit_unavailable "there is no /dev/net/tun: load it with 'modprobe tun' (a container wants --device /dev/net/tun)"
  capabilities=$((16#$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)))
  if ((capabilities >> 12 & capabilities >> 21 & 1)); then return 0; fi # CAP_NET_ADMIN and CAP_SYS_ADMIN
  if [[ -w /dev/net/tun ]] && unshare -Urnm sh -c "$enter" sh true 2>/dev/null; then
    inside=(unshare -Urnm sh -c "$enter" sh)
  elif ((EUID == 0)); then
    fail $exit_permission "root here lacks CAP_NET_ADMIN or CAP_SYS_ADMIN: run outside of the container, or grant it both"
  else
    fail $exit_permission "this needs root here (user namespaces or /dev/net/tun are closed to you); run: sudo $*"
  fi
}

# ---- start ------------------------------------------------------------------------------------------------------

asks_for_help() {
  local argument
  for argument; do
    case $argument in -h | --help | -V | --version) return 0 ;; esac
  done
  return 1
}

java_options=() # the launcher's; TUNBRIDGE_JAVA_OPTS (words) comes after them and so wins

# Sets `java_command`: what runs a class of the module, without the class. The class path is of jars only, as a class archive
# demands.
java_for() { # FOLDER JAR; beside the jar lie classpath, which says target/ for that folder, and lib
  local folder=$1 jars options=(-XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stdout -Xlog:cds=off:stderr -Dio.netty.jfr.enabled=false)
  find_java java || fail $exit_unavailable "no Java 17 or later found: set JAVA_HOME to one"
  if (($(java_major "$JAVA_HOME") >= 24)); then # or it warns about JNA and Netty on every start
    options+=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)
  fi
  jars=:$(<"$folder/classpath")
  if [[ -d $folder/../native ]]; then
    options+=("-Djava.library.path=$folder/../native" "-Djna.boot.library.path=$folder/../native" -Djna.nounpack=true)
  fi
  java_command=("$JAVA_HOME/bin/java" "${options[@]}" -cp "$folder/$2${jars//:target\//:$folder/}")
}

# The classes of a start, loaded and checked once and for all: it halves the time to the first line. One made of a list holds old
# classes (picocli's) as well, which one made at the end of a process does not (JDK-8261090); G1 is who can write objects into it. It
# takes the place of the JVM's own archive, also where it does not fit: so it is given only if it fits, made with a heap of the kind
# that programs have, and tried.
archive_classes() { # RUN MODULE MAIN_CLASS ARGUMENTS... that load what every start loads
  local list="$1/$2/start.classes" archive="$1/$2/start.jsa"
  java_for "$1/$2" "$2.jar"
  "${java_command[@]}" -Xshare:off -XX:DumpLoadedClassList="$list" "${@:3}" </dev/null &>/dev/null || true
  "${java_command[@]}" -XX:-UseSerialGC -XX:+UseG1GC -Xmx512m -Xshare:dump -XX:SharedClassListFile="$list" \
    -XX:SharedArchiveFile="$archive" </dev/null &>/dev/null || true
  if "${java_command[@]}" -Xmx64m -Xshare:on -XX:SharedArchiveFile="$archive" -version </dev/null &>/dev/null; then
    cp "$JAVA_HOME/release" "$archive.release" 2>/dev/null || true
  else
    rm -f "$archive"
  fi
  rm -f "$list"
}

# Sets `archive` to the options for the class archive of a folder, where this Java has made it.
archive_of() { # FOLDER
  archive=(-Xshare:auto)
  if [[ -f $1/start.jsa ]] && cmp -s "$JAVA_HOME/release" "$1/start.jsa.release"; then
    archive+=("-XX:SharedArchiveFile=$1/start.jsa")
  fi
}

# Becomes the program.
start() { # MODULE MAIN_CLASS ARGUMENTS...
  local more=() archive=() run
  hold_run
  java_for "$run/$1" "$1.jar"
  if ((${#inside[@]})); then java_options+=("-Duser.home=$HOME"); fi # Java would take the passwd entry's, and that is root's
  read -r -a more <<<"${TUNBRIDGE_JAVA_OPTS-}"
  archive_of "$run/$1"
  exec "${inside[@]}" "${java_command[@]}" "${archive[@]}" \
    "${java_options[@]}" "${more[@]}" "${@:2}"
}
