using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Training;

/// <summary>A value of a recipe that was changed.</summary>
/// <param name="Path">E.g. <c>stages.see.steps</c>.</param>
public sealed record ChangedValue(string Path, string From, string To)
{
    public override string ToString() => $"{Path}: {From} → {To}";
}

/// <summary>A change of a run's recipe that its user vouched for.</summary>
/// <param name="From">SHA-256 of the resolved recipe before.</param>
/// <param name="To">The same after.</param>
public sealed record RecipeChange(string From, string To, IReadOnlyList<ChangedValue> Values);

/// <summary><c>recipe-changes.json</c> of a run: by which changes its recipe came from those that its checkpoints were made with.</summary>
public sealed record RecipeHistory(IReadOnlyList<RecipeChange> Changes)
{
    public const string FileName = "recipe-changes.json";

    static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Of most runs there is none, and the file is not there.</summary>
    /// <exception cref="GraftException">Input, when the file is damaged.</exception>
    public static RecipeHistory Read(string run)
    {
        var path = Path.Combine(run, FileName);
        if (!File.Exists(path)) return new RecipeHistory([]);
        try
        {
            return JsonSerializer.Deserialize<RecipeHistory>(File.ReadAllText(path), Indented) ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw Fault.Input($"{path} is damaged: {e.Message}", "Start a new run.", e);
        }
    }

    public void Write(string run) => AtomicFile.WriteText(Path.Combine(run, FileName), JsonSerializer.Serialize(this, Indented) + "\n");

    /// <summary>The changes that lead from one recipe to another, the oldest first; null where none do.</summary>
    public IReadOnlyList<RecipeChange>? Between(string from, string to)
    {
        var chain = new Stack<RecipeChange>();
        for (var i = Changes.Count - 1; to != from; i--)
        {
            if (i < 0) return null;
            // A change that was written down before its run could begin with it leads nowhere.
            if (Changes[i].To != to) continue;
            chain.Push(Changes[i]);
            to = Changes[i].From;
        }
        return [.. chain];
    }

    /// <summary>What metrics note at the first step with the changed recipe.</summary>
    public static JsonArray ToJson(IEnumerable<RecipeChange> changes) =>
        new(
            [.. changes.SelectMany(change => change.Values)
                .Select(value => JsonSerializer.SerializeToNode(value, JsonSerializerOptions.Web))]);
}
