using Grafting.Recipes.Verification;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>What a verification found, a line each; paths stay whole, so that they can be copied and searched.</summary>
static class VerificationList
{
    public static void Write(IAnsiConsole console, VerificationResult result)
    {
        var lines = console.Profile.Out.Writer;
        foreach (var check in result.Checks.Where(check => check.Ok)) lines.WriteLine($"ok       {check.What}: {check.Path}");
        foreach (var note in result.Notes) lines.WriteLine($"note     {note}");
        foreach (var check in result.Checks.Where(check => !check.Ok)) lines.WriteLine($"problem  {check.Problem}");
        foreach (var remedy in result.Checks.Where(check => !check.Ok).Select(check => check.Remedy).OfType<string>().Distinct()) lines.WriteLine($"  {remedy}");
        if (result.Logits is { } logits) lines.WriteLine($"logits   {logits.Tokens - logits.Differing} of {logits.Tokens} text tokens have those of the target, bit for bit");
        var problems = result.Checks.Count(check => !check.Ok);
        var held = result.Checks.Count - problems;
        lines.WriteLine($"{result.Kind ?? "artefact"}: {(problems == 0 ? $"all {held} checks hold" : $"{problems} problems, {held} checks hold")}");
    }
}
