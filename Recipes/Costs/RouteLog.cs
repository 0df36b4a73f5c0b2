using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Running;

namespace Grafting.Recipes.Costs;

/// <summary>
/// <c>costs.jsonl</c> of a workspace: what it took to make what a training starts from. Artefacts themselves hold no times, so that the
/// same command makes the same bytes.
/// </summary>
/// <param name="workspace">Its folder.</param>
public sealed class RouteLog(string workspace)
{
    public const string FileName = "costs.jsonl";
    const string Schema = "graft.route-cost/1";

    string File => Path.Combine(workspace, FileName);

    /// <param name="artefact">Folder that was made.</param>
    /// <param name="target">Folder of the model that it was made from.</param>
    public void Add(ArtefactKind kind, string artefact, string target, TimeSpan time)
    {
        var line = new JsonObject
        {
            ["schema"] = Schema,
            ["kind"] = Name(kind),
            ["artefact"] = Kept(artefact),
            ["target"] = Kept(target),
            ["seconds"] = Math.Round(time.TotalSeconds, 3),
        };
        Directory.CreateDirectory(workspace);
        System.IO.File.AppendAllText(File, line.ToJsonString() + "\n");
    }

    /// <summary>Seconds that the artefact took when it was made last; null where this workspace has not seen that.</summary>
    public double? Of(ArtefactKind kind, string artefact) => Last(kind, "artefact", artefact);

    /// <summary>The same of the last artefact of that kind that was made from a target.</summary>
    public double? From(ArtefactKind kind, string target) => Last(kind, "target", target);

    double? Last(ArtefactKind kind, string key, string path)
    {
        if (!System.IO.File.Exists(File)) return null;
        double? seconds = null;
        var (wanted, number) = (Kept(path), 0);
        foreach (var text in System.IO.File.ReadLines(File))
        {
            number++;
            try
            {
                var line = JsonNode.Parse(text)!;
                if ((string?)line["kind"] == Name(kind) && (string?)line[key] == wanted) seconds = (double)line["seconds"]!;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
            {
                var where = string.Create(CultureInfo.InvariantCulture, $"{File}, line {number}");
                throw Fault.Input($"{where} is damaged: {e.Message}", "Remove the line; only that time is lost.", e);
            }
        }
        return seconds;
    }

    static string Name(ArtefactKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());

    /// <summary>Relative inside the workspace, which may be moved.</summary>
    string Kept(string path)
    {
        var relative = Path.GetRelativePath(Path.GetFullPath(workspace), Path.GetFullPath(path));
        return relative.StartsWith("..", StringComparison.Ordinal) ? Path.GetFullPath(path) : relative;
    }
}
