using System.Text.Json;
using Grafting.Core;
using Grafting.Core.Checkpoints;

namespace Grafting.Recipes;

/// <summary>Where a target was found, or all that is known about one that is not on this machine.</summary>
/// <param name="Name">Alias, or the last part of folder or repository: short enough for a folder's name.</param>
/// <param name="Folder">Null when the weights are not here.</param>
/// <param name="Config">What its <c>config.json</c> says; from the catalogue when the weights are not here.</param>
/// <param name="ConfigSource">Where that stands, for messages.</param>
/// <param name="Looked">The places looked at in vain.</param>
public sealed record ResolvedTarget(
    string Name, string? Folder, JsonElement Config, string ConfigSource, CatalogueEntry? Entry, IReadOnlyList<string> Looked)
{
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: where it was looked for, and how to get it.</exception>
    public string RequireFolder() => Folder ?? throw TargetResolver.Missing(Name, Entry!.Repositories[0], Entry.Gated, Looked);
}

/// <summary>
/// Turns what the user calls a model into a folder: an alias of the catalogue, a folder, or a Hub repository in the local cache.
/// </summary>
public sealed class TargetResolver(Func<string, string?> environment, string programFolder)
{
    static readonly TargetResolver OfProcess = new(Environment.GetEnvironmentVariable, AppContext.BaseDirectory);

    /// <inheritdoc cref="Find"/>
    public static ResolvedTarget Resolve(string target) => OfProcess.Find(target);

    /// <inheritdoc cref="FindTower"/>
    public static string ResolveTower(string tower) => OfProcess.FindTower(tower);

    /// <param name="target">
    /// Alias, folder, or <c>org/name[@revision]</c>. A folder that has the name of an alias is meant by <c>./name</c>.
    /// </param>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/> when nothing is known under that name. A target of the catalogue that is not here is no error
    /// yet: it can be planned for.
    /// </exception>
    public ResolvedTarget Find(string target)
    {
        var looked = new List<string>();
        if (Catalogue.Find(target) is { } entry) return Known(entry, entry.Repositories, looked);
        if (Directory.Exists(target)) return InFolder(FolderName(target), target, null, looked);
        looked.Add($"{Path.GetFullPath(target)} (no such folder)");

        var repository = target.Split('@')[0];
        if (Catalogue.OfRepository(repository) is { } listed) return Known(listed, [target], looked);
        if (HubCache.Find(target, looked, environment) is { } snapshot) return InFolder(FolderName(repository), snapshot, null, looked);
        throw Unknown(target, looked);
    }

    /// <summary>The folder of a vision tower: a known name, a folder, or a Hub repository in the local cache.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: where it was looked for, and how to get it.</exception>
    public string FindTower(string tower)
    {
        if (Directory.Exists(tower)) return tower;
        var looked = new List<string> { $"{Path.GetFullPath(tower)} (no such folder)" };
        var repository = KnownTowers.Find(tower) ?? tower;
        return HubCache.Find(repository, looked, environment) ?? throw (IsRepository(repository)
            ? Missing(tower, repository, gated: false, looked)
            : Fault.Input(
                $"The vision tower {Printable.Quote(tower)} was not found; looked at {List(looked)}.",
                $"Known names are {string.Join(", ", KnownTowers.Names)}; or give a model folder, or a Hub repository such as "
                    + "openai/clip-vit-large-patch14-336."));
    }

    /// <summary>The folder of any model or artefact: a name of the catalogue, a folder, or a Hub repository in the local cache.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: where it was looked for, and how to get it.</exception>
    public string FindModel(string model) => Catalogue.Find(model) is null && Directory.Exists(model) ? model : Find(model).RequireFolder();

    internal static GraftException Missing(string name, string repository, bool gated, IReadOnlyList<string> looked)
    {
        var id = repository.Split('@')[0];
        var download = $"Get it with 'hf download {id}'"
            + (gated ? $" (first accept the licence at https://huggingface.co/{id} and run 'hf auth login')" : "");
        return Fault.Input(
            $"{name} is not on this machine; looked at {List(looked)}.",
            $"{download}, set HF_HUB_CACHE to the cache that has it, or give the folder instead of the name.");
    }

    ResolvedTarget Known(CatalogueEntry entry, IReadOnlyList<string> repositories, List<string> looked)
    {
        if (entry.Alias == Catalogue.Toy) return InFolder(entry.Alias, Path.Combine(programFolder, "Toy", "target"), entry, looked);
        foreach (var repository in repositories)
            if (HubCache.Find(repository, looked, environment) is { } snapshot) return InFolder(entry.Alias, snapshot, entry, looked);
        return new ResolvedTarget(entry.Alias, null, entry.Config!.Value, $"the catalogue's entry {entry.Alias}", entry, looked);
    }

    static ResolvedTarget InFolder(string name, string folder, CatalogueEntry? entry, List<string> looked) =>
        new(name, folder, Checkpoint.ReadConfig(folder), Path.Combine(folder, Checkpoint.ConfigName), entry, looked);

    static GraftException Unknown(string target, List<string> looked)
    {
        if (IsRepository(target)) return Missing(target, target, gated: false, looked);
        var nearest = Catalogue.Nearest(target) is { } alias ? $"Did you mean {alias}? " : "";
        return Fault.Input(
            $"The target {Printable.Quote(target)} is neither a known name nor a folder; looked at {List(looked)}.",
            $"{nearest}Known names are {string.Join(", ", Catalogue.Entries.Select(entry => entry.Alias))}; or give a model folder, or a "
                + "Hub repository (org/name).");
    }

    /// <summary><c>org/name</c>, as against a path or a single word.</summary>
    static bool IsRepository(string text) =>
        text.Split('/') is [{ Length: > 0 } owner, { Length: > 0 } name] && !owner.StartsWith('.') && !owner.StartsWith('~')
            && !name.StartsWith('.');

    static string FolderName(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    static string List(IReadOnlyList<string> looked) => string.Join("; ", looked);
}
