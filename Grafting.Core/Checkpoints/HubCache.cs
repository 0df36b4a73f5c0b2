using System.Text.RegularExpressions;

namespace Grafting.Core.Checkpoints;

/// <summary>
/// Finds models that Hugging Face tools have downloaded. Layout and environment: huggingface/hub-docs <c>docs/hub/local-cache.md</c>
/// and huggingface_hub "Environment variables". Reads only.
/// </summary>
public static partial class HubCache
{
    /// <summary>The snapshot folder of a repository, or null when it is not in the cache.</summary>
    /// <param name="repository"><c>org/name</c>, or <c>org/name@revision</c>; the revision is a branch, a tag or a 40-digit commit.</param>
    /// <param name="looked">Receives the places looked at, each with what was wrong there.</param>
    public static string? Find(string repository, ICollection<string> looked) =>
        Find(repository, looked, Environment.GetEnvironmentVariable);

    /// <inheritdoc cref="Find(string, ICollection{string})"/>
    /// <param name="environment">Gives the value of an environment variable, or null.</param>
    public static string? Find(string repository, ICollection<string> looked, Func<string, string?> environment)
    {
        var (id, revision) = repository.Split('@', 2) is [var left, var right] ? (left, right) : (repository, "main");
        if (!RepositoryId().IsMatch(id) || revision.Contains("..", StringComparison.Ordinal)) return null;

        var folder = Path.Combine(Root(environment), "models--" + id.Replace("/", "--", StringComparison.Ordinal));
        if (!Directory.Exists(folder))
        {
            looked.Add($"{folder} (no such folder)");
            return null;
        }
        var commit = Commit().IsMatch(revision) ? revision : ReadRef(Path.Combine(folder, "refs", revision), folder, id, looked);
        if (commit is null) return null;

        var snapshot = Path.Combine(folder, "snapshots", commit);
        var config = new FileInfo(Path.Combine(snapshot, "config.json"));
        var fault = !Directory.Exists(snapshot) ? "no such snapshot; the download was not finished"
            : !config.Exists ? "has no config.json; the download was not finished"
            : config.LinkTarget is not null && config.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true }
                ? "config.json is a link to a file that is not there; the cache is damaged"
                : null;
        if (fault is null) return snapshot;
        looked.Add($"{snapshot} ({fault})");
        return null;
    }

    /// <summary>The repository whose snapshot a folder is, from its path alone; null where it is none.</summary>
    public static string? RepositoryOf(string folder)
    {
        var parts = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)).Split(Path.DirectorySeparatorChar);
        return parts is [.., var model, "snapshots", var commit] && Commit().IsMatch(commit)
            && model.Split("--", 3) is ["models", var owner, var name]
            ? $"{owner}/{name}"
            : null;
    }

    /// <summary><c>HF_HUB_CACHE</c>, else <c>$HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    public static string Root(Func<string, string?> environment)
    {
        string? Variable(string name) => environment(name) is { Length: > 0 } value ? Expand(value) : null;
        string Expand(string path) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? Home() + path[1..] : path;
        string Home() => environment("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        // The second name is the older one of the same setting.
        if ((Variable("HF_HUB_CACHE") ?? Variable("HUGGINGFACE_HUB_CACHE")) is { } cache) return cache;
        var home = Variable("HF_HOME")
            ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(Home(), ".cache"), "huggingface");
        return Path.Combine(home, "hub");
    }

    static string? ReadRef(string path, string folder, string id, ICollection<string> looked)
    {
        if (!File.Exists(path))
        {
            var snapshots = Path.Combine(folder, "snapshots");
            var others = Directory.Exists(snapshots) ? Directory.GetDirectories(snapshots).Select(Path.GetFileName).Order().ToArray() : [];
            looked.Add(others is [var only, ..]
                ? $"{path} (no such revision; {others.Length} snapshot(s) exist, e.g. {id}@{only})"
                : $"{path} (no such revision)");
            return null;
        }
        var commit = File.ReadAllText(path).Trim();
        if (Commit().IsMatch(commit)) return commit;
        looked.Add($"{path} (does not hold a commit)");
        return null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*\z")]
    private static partial Regex RepositoryId();

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex Commit();
}
