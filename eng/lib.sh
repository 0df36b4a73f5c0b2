# shellcheck shell=bash
# Shared by ./graft, ./test and eng/setup. The caller sets $root; nothing here starts a process unless it must.
: "${root:?the repository, set by the script that sources this}"

state=$root/artifacts/setup
app=$root/artifacts/bin/Grafting.Cli/release/graft
provider_file=$root/artifacts/provider.props

# Debian 13's libtorch brings in UCX, which takes SIGSEGV away from .NET: a null reference would end the process, not throw.
export UCX_ERROR_SIGNALS=${UCX_ERROR_SIGNALS-}

# What a build is made of; a change anywhere in them asks for a new one.
graft_sources=(
    "$root"/Directory.Build.props "$root"/Directory.Packages.props "$root"/global.json "$root"/eng
    "$root"/Grafting.Core "$root"/Surrogates "$root"/Recipes "$root"/Grafting.Cli "$root"/Grafting.LibTorch
)

say() { printf 'graft: %s\n' "$*" >&2; }

die() {
    say "$@"
    exit 5
}

# is_current graft|tests: the stamp left by the last build suits the wishes in the environment, and no source is newer.
# A stamp has one line, "provider|cuda|libtorch|dotnet root"; an unset wish suits any choice made before.
is_current() {
    local stamp=$state/$1.built provider cuda libtorch
    local sources=("${graft_sources[@]}")
    if [[ $1 == tests ]]; then sources+=("$root/tests"); fi
    [[ -x $app && -f $stamp && -f $provider_file ]] || return 1
    IFS='|' read -r provider cuda libtorch _ <"$stamp" || return 1
    [[ ${GRAFT_TORCH-$provider} == "$provider" ]] || return 1
    [[ ${GRAFT_CUDA-$cuda} == "$cuda" ]] || return 1
    [[ ${GRAFT_LIBTORCH-$libtorch} == "$libtorch" ]] || return 1
    [[ -z $(find "${sources[@]}" -newer "$stamp" -print -quit 2>&1) ]]
}

# The executable looks for the runtime in DOTNET_ROOT or a system folder, never on the PATH.
start_graft() {
    local dotnet_root
    if [[ -z ${DOTNET_ROOT-} ]]; then
        IFS='|' read -r _ _ _ dotnet_root <"$state/graft.built"
        export DOTNET_ROOT=$dotnet_root
    fi
    exec "$app" "$@"
}
