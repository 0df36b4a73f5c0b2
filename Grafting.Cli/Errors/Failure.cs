using System.Text.Json.Nodes;

namespace Grafting.Cli.Errors;

/// <summary>How a command ended that did not succeed; the same for people and for machines.</summary>
/// <param name="Code">Exit code, one of <see cref="ExitCodes"/>.</param>
/// <param name="Kind">One word for it, as in the table of exit codes.</param>
/// <param name="Remedy">What the user can do; null where the message says it.</param>
sealed record Failure(int Code, string Kind, string Message, string? Remedy = null)
{
    public JsonObject ToJson() => new()
    {
        ["schema"] = "graft.error/1",
        ["ok"] = false,
        ["code"] = Code,
        ["kind"] = Kind,
        ["message"] = Message,
        ["remedy"] = Remedy,
    };

    public static Failure Usage(string message, string? remedy = null) => new(ExitCodes.Usage, "usage", message, remedy);
}
