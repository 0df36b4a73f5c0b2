using Grafting.Core.Forward;
using Spectre.Console;

namespace Grafting.Cli.Rendering;

/// <summary>What a forward pass wrote; the gradients of parameters in one line.</summary>
static class ForwardTable
{
    const string ParameterGradient = "grad.";

    public static void Write(IAnsiConsole console, ForwardResult result)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("output", "type", "shape");
        foreach (var tensor in result.Tensors.Where(t => !IsParameterGradient(t)))
            table.AddRow(Markup.Escape(tensor.Name), tensor.Type, Markup.Escape($"[{string.Join(", ", tensor.Shape)}]"));
        if (result.Tensors.FirstOrDefault(IsParameterGradient) is { } first)
            table.AddRow("grad.*", first.Type, $"{result.Tensors.Count(IsParameterGradient)} parameters");
        console.Write(table);
        var lines = console.Profile.Out.Writer;
        if (result.Loss is { } loss) lines.WriteLine(FormattableString.Invariant($"loss {loss:0.000000}"));
        lines.WriteLine($"{result.ModelType} {result.Kind}, {result.DType} on {result.Device}: {result.Outputs}");
    }

    static bool IsParameterGradient(ForwardOutput tensor) => tensor.Name.StartsWith(ParameterGradient, StringComparison.Ordinal);
}
