using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Grafting.Core.Checkpoints;

/// <summary>What made an artefact.</summary>
/// <param name="Command">As typed, e.g. <c>build-surrogate --target toy --layers 4</c>.</param>
/// <param name="RecipeSha256">Digest of the resolved recipe, where there is one.</param>
/// <param name="Versions">Program or library to version.</param>
public sealed record Origin(
    string Command, string? RecipeSha256 = null, long? Seed = null, IReadOnlyDictionary<string, string>? Versions = null);

/// <summary>What an artefact was made from.</summary>
/// <param name="Role">E.g. <c>target</c> or <c>surrogate</c>.</param>
/// <param name="Identity">A digest that is the same wherever the source lies.</param>
public sealed record ArtefactSource(string Role, string Path, string Identity);

/// <summary>
/// <c>graft.json</c>, which every artefact folder holds: what made it, what it came from, and what its files must be. Holds no times, so
/// that the same command makes the same bytes.
/// </summary>
public sealed partial record ArtefactManifest(string Kind, Origin MadeBy)
{
    public const string FileName = "graft.json";

    const int MaxBytes = 256 << 20;
    const int CurrentVersion = 1;

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Schema => $"graft.{Kind}/{CurrentVersion}";

    public IReadOnlyList<ArtefactSource> Sources { get; init; } = [];

    /// <summary>Path relative to the folder, with slashes, to what the file must be.</summary>
    public IReadOnlyDictionary<string, FileStamp> Files { get; init; } = new Dictionary<string, FileStamp>();

    /// <summary>What only this kind of artefact has.</summary>
    public JsonObject Details { get; init; } = [];

    /// <summary>Version of this program.</summary>
    public static string ProgramVersion { get; } =
        typeof(ArtefactManifest).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Stamps every file in the folder that has no stamp yet, and writes <c>graft.json</c>.</summary>
    /// <returns>The manifest as written.</returns>
    public ArtefactManifest Write(string folder)
    {
        var files = new SortedDictionary<string, FileStamp>(StringComparer.Ordinal);
        foreach (var (name, path) in Listed(folder)) files[name] = Files.GetValueOrDefault(name) ?? Digests.Stamp(path);
        var complete = this with
        {
            Files = files,
            MadeBy = MadeBy with { Versions = MadeBy.Versions ?? new Dictionary<string, string> { ["graft"] = ProgramVersion } },
        };
        var json = complete.ToJson();
        json[ManifestSeal.Key] = ManifestSeal.Open;
        AtomicFile.WriteText(Path.Combine(folder, FileName), ManifestSeal.Close(json.ToJsonString(Indented) + "\n"));
        return complete;
    }

    /// <param name="kind">What the folder must hold; anything if null.</param>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/>: none, malformed, of another kind or from a newer version.
    /// </exception>
    public static ArtefactManifest Read(string folder, string? kind = null)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            var what = kind is null ? "an artefact" : $"a {kind}";
            throw Fault.Input($"{folder}: has no {FileName}, so it is not {what} made by this program.");
        }
        var root = StrictJson.ReadObject(path, MaxBytes);
        try
        {
            var schema = root.GetProperty("schema").GetString() ?? "";
            if (SchemaName().Match(schema) is not { Success: true } match)
                throw Fault.Input($"{path}: has the unknown schema {Printable.Quote(schema)}.");
            if (match.Groups[2].Value != $"{CurrentVersion}")
            {
                throw Fault.Input(
                    $"{path}: has the schema {schema}; this program reads version {CurrentVersion}.",
                    "It was written by a newer version; update this program.");
            }
            if (kind is not null && match.Groups[1].Value != kind)
                throw Fault.Input($"{folder}: holds a {match.Groups[1].Value}, expected a {kind}.");
            return FromJson(match.Groups[1].Value, root);
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Fault.Input($"{path}: is malformed: {error.Message}", inner: error);
        }
    }

    /// <summary>Compares <c>graft.json</c> with its own digest, and every listed file with its size and digest.</summary>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/>, naming the first file, and the tensor in it, that is missing or changed.
    /// </exception>
    public void Verify(string folder)
    {
        if (OwnProblem(folder) is { } own) throw Fault.Input(own.Message, FileProblem.Remedy);
        foreach (var (name, stamp) in Files)
        {
            if (FileProof.Of(Path.Combine(folder, name), stamp).Problems is [var problem, ..])
                throw Fault.Input(problem.Message, FileProblem.Remedy);
        }
    }

    /// <summary>
    /// What is wrong with <c>graft.json</c> itself, if it is JSON; null where nothing is, or where an older version wrote no digest of it.
    /// </summary>
    public static FileProblem? OwnProblem(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return ManifestSeal.Problem(RegularFile.ReadAll(path, MaxBytes)) is { } problem
            ? new FileProblem(path, null, $"{path}: {problem}")
            : null;
    }

    /// <summary>Whether <c>graft.json</c> carries a digest of itself and of every tensor, as those of older versions do not.</summary>
    public bool IsComplete(string folder) =>
        !ManifestSeal.IsAbsent(RegularFile.ReadAll(Path.Combine(folder, FileName), MaxBytes))
        && Files.All(file => file.Value.Tensors is not null || !Digests.HoldsTensors(file.Key));

    /// <summary>Files in the folder that <c>graft.json</c> does not list.</summary>
    public IEnumerable<FileProblem> Unlisted(string folder) =>
        from file in Listed(folder)
        where !Files.ContainsKey(file.Name)
        orderby file.Name
        select new FileProblem(file.Path, null, $"{file.Path}: is not listed in {FileName}, so it does not belong to the artefact.");

    /// <summary>The files that belong into a manifest, by their path relative to the folder, with slashes.</summary>
    static IEnumerable<(string Name, string Path)> Listed(string folder) =>
        from path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        let name = Path.GetRelativePath(folder, path).Replace('\\', '/')
        // Hidden files are the lock of an unfinished folder and the like.
        where name != FileName && !Path.GetFileName(name).StartsWith('.')
        select (name, path);

    JsonObject ToJson() => new()
    {
        ["schema"] = Schema,
        ["kind"] = Kind,
        ["made_by"] = new JsonObject
        {
            ["command"] = MadeBy.Command,
            ["recipe_sha256"] = MadeBy.RecipeSha256,
            ["seed"] = MadeBy.Seed,
            ["versions"] = new JsonObject((MadeBy.Versions ?? new Dictionary<string, string>())
                .Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        },
        ["sources"] = new JsonArray([.. Sources.Select(source => new JsonObject
        {
            ["role"] = source.Role, ["path"] = source.Path, ["identity"] = source.Identity,
        })]),
        ["files"] = new JsonObject(Files.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)ToJson(pair.Value)))),
        ["details"] = Details.DeepClone(),
    };

    static JsonObject ToJson(FileStamp stamp)
    {
        var json = new JsonObject { ["bytes"] = stamp.Bytes, ["sha256"] = stamp.Sha256 };
        if (stamp.Tensors is { } tensors)
        {
            json["tensors"] = new JsonObject(tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        }
        return json;
    }

    static FileStamp ToStamp(JsonElement json) => new(json.GetProperty("bytes").GetInt64(), json.GetProperty("sha256").GetString()!)
    {
        Tensors = json.TryGetProperty("tensors", out var tensors)
            ? tensors.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!)
            : null,
    };

    static ArtefactManifest FromJson(string kind, JsonElement root)
    {
        var made = root.GetProperty("made_by");
        var seed = made.GetProperty("seed");
        return new ArtefactManifest(kind, new Origin(
            made.GetProperty("command").GetString()!,
            made.GetProperty("recipe_sha256").GetString(),
            seed.ValueKind == JsonValueKind.Null ? null : seed.GetInt64(),
            made.GetProperty("versions").EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!)))
        {
            Sources = [.. root.GetProperty("sources").EnumerateArray().Select(source => new ArtefactSource(
                source.GetProperty("role").GetString()!, source.GetProperty("path").GetString()!,
                source.GetProperty("identity").GetString()!))],
            Files = root.GetProperty("files").EnumerateObject().ToDictionary(pair => LocalName(pair.Name), pair => ToStamp(pair.Value)),
            Details = JsonObject.Create(root.GetProperty("details")) ?? [],
        };
    }

    static string LocalName(string name) => Path.IsPathRooted(name) || name.Split('/', '\\').Contains("..")
        ? throw new FormatException($"the file {Printable.Quote(name)} is outside of the folder")
        : name;

    [GeneratedRegex(@"^graft\.([a-z-]+)/([0-9]+)\z")]
    private static partial Regex SchemaName();
}
