# shellcheck shell=bash
# Debian packages that the provider "system" is built with; each is asked for only when what it brings is absent. Sourced by eng/setup.
: "${state:?}"

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]} == 0)); then return; fi
    command -v apt-get >/dev/null ||
        die "missing: ${missing[*]} (Debian's names); this system has no apt-get, so install what they bring with its own package manager"

    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "missing: ${missing[*]}; run as root: apt-get install ${missing[*]}"
        # Where nobody can type a password, sudo must fail rather than wait.
        if [[ -t 2 ]]; then as_root=(sudo); else as_root=(sudo -n); fi
    fi
    say "installing ${missing[*]} ..."
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q -y)
    local log=$state/packages.log
    if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 9>&-; then
        tail -n 15 "$log" >&2
        die "could not install them; run: sudo apt-get install ${missing[*]}"
    fi
}

missing_packages() {
    command -v cmake >/dev/null || echo cmake
    command -v make >/dev/null || echo make
    command -v c++ >/dev/null || echo g++
    if [[ -z $libtorch ]]; then
        [[ -f /usr/include/torch/csrc/api/include/torch/torch.h ]] || echo libtorch-dev
        installed libopenblas0-pthread || echo libopenblas0-pthread
    fi
    has_header jpeglib.h || echo libjpeg-dev
    has_header webp/decode.h || echo libwebp-dev
}

installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# Asked of the compiler, because the folder differs between distributions; without a compiler nothing can be said yet.
has_header() {
    command -v c++ >/dev/null || return 1
    c++ -E -x c++ -include "$1" /dev/null >/dev/null 2>&1
}
