using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>What a command has to say at its end, in one form for people and one for machines.</summary>
/// <param name="Schema">Name and version of the JSON document, e.g. "graft.doctor/1".</param>
/// <param name="Content">Serialised in camel case beside <c>schema</c> and <c>ok</c>.</param>
/// <param name="Render">Writes the same for people.</param>
/// <param name="ExitCode">Other than 0 where the result is bad news, e.g. doctor found a fault; <c>ok</c> follows it.</param>
sealed record Report(string Schema, object Content, Action<IAnsiConsole> Render, int ExitCode = ExitCodes.Done)
{
    /// <summary>How the documents of the command line write values.</summary>
    internal static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public JsonObject ToJson()
    {
        var document = new JsonObject { ["schema"] = Schema, ["ok"] = ExitCode == ExitCodes.Done };
        var content = Content as JsonObject ?? (JsonObject)JsonSerializer.SerializeToNode(Content, Content.GetType(), Format)!;
        foreach (var (name, value) in content.ToArray())
        {
            content.Remove(name);
            document[name] = value;
        }

        return document;
    }
}
