using Grafting.Recipes.Verification;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>What a verification found, a line each; paths stay whole, so that they can be copied and searched.</summary>
static class VerificationList
{
    /// <summary>More of one sort become one line.</summary>
    const int MostAlike = 12;

    public static void Write(IAnsiConsole console, VerificationResult result)
    {
        var lines = console.Profile.Out.Writer;
        foreach (var alike in result.Checks.Where(check => check.Ok).GroupBy(check => check.What))
        {
            if (alike.Count() > MostAlike) lines.WriteLine($"ok       {alike.Key} ({alike.Count()}): {result.Artefact}");
            else foreach (var check in alike)
                lines.WriteLine($"ok       {check.What}{(check.Count is { } count ? $" ({count})" : "")}: {check.Path}");
        }
        foreach (var note in result.Notes) lines.WriteLine($"note     {note}");
        List<Check> problems = [.. result.Checks.Where(check => !check.Ok)];
        foreach (var check in problems) lines.WriteLine($"problem  {check.Problem}");
        foreach (var remedy in problems.Select(check => check.Remedy).OfType<string>().Distinct()) lines.WriteLine($"  {remedy}");
        if (result.Logits is { } logits)
            lines.WriteLine(
                $"logits   {logits.Tokens - logits.Differing} of {logits.Tokens} text tokens have those of the target, bit for bit");
        var held = result.Checks.Count - problems.Count;
        var found =
            problems.Count switch
            {
                0 => $"all {held} checks hold",
                1 => $"1 problem, {held} checks hold",
                var many => $"{many} problems, {held} checks hold"
            };
        lines.WriteLine($"{result.Kind ?? "artefact"}: {found}");
    }
}
