using Grafting.Recipes;
using Grafting.Surrogates;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>What a surrogate keeps of its target, and what that costs.</summary>
static class SurrogatePlanTable
{
    public static void Write(IAnsiConsole console, ResolvedTarget target, SurrogatePlan plan)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("surrogate", "from the target", "", "parameters");
        table.Columns[3].RightAligned();
        var counts = plan.Parameters;
        table.AddRow("embedding", "embedding", "inherited", Quantity.Count(counts.Embedding));
        foreach (var run in Runs(plan.Layers))
        {
            table.AddRow(
                $"{Range("layer", run[0].Index, run[^1].Index)}",
                $"{Range("layer", run[0].Source, run[^1].Source)}",
                run[0].Replaced is { } replaced ? $"translator for {Range("layer", replaced.First, replaced.Last)}: trained" : "inherited",
                Quantity.Count(counts.Layer * run.Count));
        }

        table.AddRow("norm", "norm", "inherited", Quantity.Count(counts.Norm));
        table.AddRow("head", counts.Head == 0 ? "embedding (tied)" : "head", "inherited", Quantity.Count(counts.Head));
        table.AddEmptyRow();
        table.AddRow(
            $"{plan.Layers.Count} of {plan.Target.Layers} layers", Markup.Escape(target.Name), "",
            $"{Quantity.Count(counts.Total)} of {Quantity.Count(plan.TargetParameters.Total)}");
        console.Write(table);

        var estimated = plan.Measured ? "" : " (estimated: the weights are not here)";
        var lines = console.Profile.Out.Writer;
        lines.WriteLine($"reads and writes {Quantity.Bytes(plan.BytesRead)} of {Quantity.Bytes(plan.TargetBytes)}{estimated}");
        lines.WriteLine(
            $"memory: {Quantity.Bytes(plan.Memory.Building)} to build, {Quantity.Bytes(plan.Memory.Training)} to train the translator, without activations");
    }

    /// <summary>Neighbours that are neighbours in the target too, and of the same kind, make one row.</summary>
    static IEnumerable<List<KeptLayer>> Runs(IReadOnlyList<KeptLayer> layers)
    {
        List<KeptLayer> run = [];
        foreach (var layer in layers)
        {
            if (run.Count > 0
                && (layer.Kind == LayerKind.Translator || run[^1].Kind == LayerKind.Translator || layer.Source != run[^1].Source + 1))
            {
                yield return run;
                run = [];
            }

            run.Add(layer);
        }

        yield return run;
    }

    static string Range(string noun, int first, int last) => first == last ? $"{noun} {first}" : $"{noun}s {first}-{last}";
}
