# shellcheck shell=bash
# Who provides libtorch: the TorchSharp packages, or Grafting.LibTorch over the system's. Sourced by eng/setup.
: "${root:?}" "${state:?}" "${provider_file:?}"

# Sets $provider, $cuda and $libtorch: from the environment, else as chosen before, else by trying; and remembers them.
choose_provider() {
    provider=${GRAFT_TORCH-$(remembered TorchProvider)}
    cuda=${GRAFT_CUDA-$(remembered Cuda)}
    libtorch=${GRAFT_LIBTORCH-$(remembered GRAFT_LIBTORCH)}
    if [[ -z $cuda ]]; then cuda=false; fi
    if [[ -z $provider && -n $libtorch ]]; then provider=system; fi
    if [[ -z $provider ]]; then
        say "looking for the TorchSharp packages ..."
        if torchsharp_restores; then provider=torchsharp; else provider=system; fi
        say "provider: $provider (GRAFT_TORCH=torchsharp or GRAFT_TORCH=system changes it)"
    fi
    [[ $provider == torchsharp || $provider == system ]] || die "GRAFT_TORCH is '$provider'; it must be torchsharp or system"
    [[ $cuda == true || $cuda == false ]] || die "GRAFT_CUDA is '$cuda'; it must be true or false"
    [[ -z $libtorch || -d $libtorch ]] || die "GRAFT_LIBTORCH is '$libtorch', which is not a folder"
    [[ $libtorch != *[\<\>\&\|]* ]] || die "GRAFT_LIBTORCH is '$libtorch'; a path with < > & or | cannot be used"

    cat >"$provider_file.new" <<PROPS
<Project>
  <!-- Written by ./graft and ./test; delete it to choose again. -->
  <PropertyGroup>
    <TorchProvider Condition="'\$(TorchProvider)' == ''">$provider</TorchProvider>
    <Cuda Condition="'\$(Cuda)' == ''">$cuda</Cuda>
    <GRAFT_LIBTORCH Condition="'\$(GRAFT_LIBTORCH)' == ''">$libtorch</GRAFT_LIBTORCH>
  </PropertyGroup>
</Project>
PROPS
    if cmp --silent "$provider_file.new" "$provider_file"; then rm "$provider_file.new"; else mv "$provider_file.new" "$provider_file"; fi
}

remembered() {
    if [[ -f $provider_file ]]; then sed -n -E "s|.*<$1 [^>]*>([^<]*)</$1>.*|\1|p" "$provider_file"; fi
}

# The small managed package answers quickly whether the source has TorchSharp; a source that cannot be reached must not hold up the
# start. Only then are the large packages fetched.
torchsharp_restores() {
    local probe=$state/probe version log=$state/probe.log
    version=$(sed -n -E 's|.*Include="TorchSharp" Version="([^"]+)".*|\1|p' "$root/Directory.Packages.props")
    mkdir -p "$probe"
    # Empty files of these names keep the repository's own settings out.
    for name in Directory.Build.props Directory.Build.targets Directory.Packages.props; do echo '<Project />' >"$probe/$name"; done
    cat >"$probe/probe.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="TorchSharp" Version="$version" /></ItemGroup>
</Project>
PROJECT
    timeout 30 dotnet restore "$probe/probe.csproj" </dev/null >"$log" 2>&1 9>&- || return 1
    say "fetching the TorchSharp packages ..."
    timeout 1800 dotnet restore "$root/Grafting.Cli/Grafting.Cli.csproj" -p:TorchProvider=torchsharp -p:Cuda="$cuda" \
        </dev/null >>"$log" 2>&1 9>&-
}
