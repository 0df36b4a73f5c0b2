using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Running;

/// <summary>
/// The folder in which commands put what they make, and which remembers the last artefact of each kind, so that they chain without
/// naming it. Nothing is created before the first artefact is.
/// </summary>
/// <remarks>Two commands that finish at the same moment: the later one is remembered.</remarks>
public sealed class Workspace(string folder)
{
    public const string FileName = "workspace.json";
    const string Schema = "graft.workspace/1";
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Full path.</summary>
    public string Folder { get; } = Path.GetFullPath(folder);

    /// <summary>For what a job keeps until it is done.</summary>
    public string Scratch => Path.Combine(Folder, "scratch");

    string File => Path.Combine(Folder, FileName);

    /// <summary>A path for a new artefact in this workspace: <c>surrogates/toy-6</c>, then <c>surrogates/toy-6-2</c> and so on.</summary>
    public string NewPath(ArtefactKind kind, string name)
    {
        var wanted = Path.Combine(Folder, Directory(kind), name);
        var path = wanted;
        for (var n = 2; Path.Exists(path); n++) path = string.Create(CultureInfo.InvariantCulture, $"{wanted}-{n}");
        return path;
    }

    /// <summary>
    /// Makes an artefact the one that later commands take. Paths inside the workspace are kept relative: it may be moved.
    /// </summary>
    public void Remember(ArtefactKind kind, string path)
    {
        var full = Path.GetFullPath(path);
        var relative = Path.GetRelativePath(Folder, full);
        var state = Read();
        state[Key(kind)] = relative.StartsWith("..", StringComparison.Ordinal) ? full : relative;
        System.IO.Directory.CreateDirectory(Folder);
        AtomicFile.WriteText(File, new JsonObject { ["schema"] = Schema, ["last"] = state }.ToJsonString(Indented) + "\n");
    }

    /// <summary>Full path of the artefact made last, or null where none was or it is gone.</summary>
    public string? Last(ArtefactKind kind)
    {
        if (Read()[Key(kind)] is not JsonValue value || !value.TryGetValue<string>(out var path)) return null;
        var full = Path.GetFullPath(path, Folder);
        return System.IO.Directory.Exists(full) ? full : null;
    }

    /// <summary>The path that the user gave, else the last artefact of that kind.</summary>
    /// <param name="option">Option that would name one, e.g. <c>--surrogate</c>.</param>
    /// <param name="maker">Command that makes one, e.g. <c>graft build-surrogate</c>.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/> when the given one is not there or none was made.</exception>
    public string Resolve(ArtefactKind kind, string? given, string option, string maker)
    {
        if (given is not null)
        {
            return System.IO.Directory.Exists(given)
                ? Path.GetFullPath(given)
                : throw Fault.Input($"{option} is '{given}', and there is no such folder.", $"'{maker}' makes a {Key(kind)}.");
        }

        return Last(kind) ?? throw Fault.Input(
            $"The workspace {Folder} has no {Key(kind)} yet.", $"Make one with '{maker}', or name one with {option} <folder>.");
    }

    static string Key(ArtefactKind kind) => kind switch
    {
        ArtefactKind.Surrogate => "surrogate",
        ArtefactKind.Run => "run",
        ArtefactKind.Bundle => "bundle",
        ArtefactKind.Graft => "graft",
        ArtefactKind.FineTuning => "fine-tuning",
        ArtefactKind.Analysis => "analysis",
        ArtefactKind.Export => "export",
        _ => Fault.Unreachable<string>(kind),
    };

    static string Directory(ArtefactKind kind) => kind switch
    {
        ArtefactKind.Analysis => "analyses",
        ArtefactKind.FineTuning => Directory(ArtefactKind.Run),
        _ => Key(kind) + "s",
    };

    JsonObject Read()
    {
        if (!System.IO.File.Exists(File)) return [];
        try
        {
            var document = JsonNode.Parse(System.IO.File.ReadAllText(File));
            if ((string?)document?["schema"] == Schema && document["last"] is JsonObject last) return (JsonObject)last.DeepClone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Damaged(e);
        }

        throw Damaged(null);

        GraftException Damaged(Exception? inner) => Fault.Input(
            $"{File} is not a file of schema {Schema}.", "Delete it: only the memory of the last artefacts is lost, not the artefacts.",
            inner);
    }
}
