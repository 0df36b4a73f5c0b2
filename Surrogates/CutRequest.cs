using System.Globalization;
using System.Text.RegularExpressions;
using Grafting.Core;

namespace Grafting.Surrogates;

/// <summary>
/// Where a target is cut, in one of two forms: so many layers in all (<see cref="Layers"/>), or the replaced ranges
/// (<see cref="Replace(IReadOnlyList{LayerRange})"/>).
/// </summary>
public sealed partial record CutRequest
{
    readonly int? _layers;
    readonly IReadOnlyList<LayerRange> _ranges;

    CutRequest(int? layers, IReadOnlyList<LayerRange> ranges) => (_layers, _ranges) = (layers, ranges);

    /// <summary>Translators in place of each range.</summary>
    public int Translators { get; init; } = 1;

    /// <summary>Layers at the end of the target that no range may take.</summary>
    public int KeepLast { get; init; } = 1;

    /// <summary>A surrogate of so many decoder layers: those in front, the translators, and the target's last ones.</summary>
    public static CutRequest Layers(int total) => new(total, []);

    /// <summary>The paper's form: each range, both ends counted, makes room for its translators.</summary>
    public static CutRequest Replace(params IReadOnlyList<LayerRange> ranges) => new(null, ranges);

    public static CutRequest Replace(int first, int last) => Replace(new LayerRange(first, last));

    /// <summary>From the command line: exactly one of <c>--layers N</c> and <c>--replace A-B[,C-D…]</c>.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>.</exception>
    public static CutRequest Parse(int? layers, string? replace)
    {
        if (layers is null == replace is null)
            throw Fault.Usage(
                "Give either --layers N or --replace A-B.", "E.g. --layers 8, or --replace 40-78 as in the paper for 80 layers.");
        return layers is { } total ? Layers(total) : Replace([.. replace!.Split(',').Select(part => ParseRange(part, replace))]);
    }

    /// <summary>The replaced ranges of a target, in order.</summary>
    /// <param name="targetLayers">Decoder layers of the target.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>, saying why the cut is not possible.</exception>
    public IReadOnlyList<LayerRange> Resolve(int targetLayers)
    {
        if (Translators < 1) throw Fault.Usage($"--translators is {Translators}; each range needs at least one.", "Leave it out for one.");
        if (KeepLast < 1)
            throw Fault.Usage(
                $"--keep-last is {KeepLast}; a surrogate keeps at least the target's last layer.",
                "The head reads what that layer writes.");
        if (_layers is { } total) return [FromTotal(total, targetLayers)];
        for (var i = 0; i < _ranges.Count; i++) Check(_ranges[i], i == 0 ? null : _ranges[i - 1], targetLayers);
        return _ranges;
    }

    /// <summary>As typed on the command line; what has its default is left out.</summary>
    public override string ToString()
    {
        var cut = _layers is { } total
            ? string.Create(CultureInfo.InvariantCulture, $"--layers {total}")
            : $"--replace {string.Join(',', _ranges)}";
        if (Translators != 1) cut += string.Create(CultureInfo.InvariantCulture, $" --translators {Translators}");
        if (KeepLast != 1) cut += string.Create(CultureInfo.InvariantCulture, $" --keep-last {KeepLast}");
        return cut;
    }

    LayerRange FromTotal(int total, int layers)
    {
        // One in front, one layer more than the translators that stand for it, and the last ones.
        var least = 1 + Translators + 1 + KeepLast;
        if (layers < least)
        {
            throw Fault.Usage(
                $"The target has {layers} layers; a cut with {Parts()} needs at least {least}: one in front, {Translators + 1} to "
                    + $"replace, and the last {KeepLast}.",
                "Choose a larger target, fewer translators, or keep fewer of the last layers.");
        }
        var advice = $"Choose between {least - 1} and {layers - 1}.";
        if (total < least - 1)
            throw Fault.Usage(
                $"--layers {total} is too few: a surrogate has at least one layer of the target in front, and here {Parts()}.", advice);
        if (total >= layers) throw Fault.Usage($"--layers {total} removes nothing: the target has {layers} layers.", advice);
        return new LayerRange(total - Translators - KeepLast, layers - KeepLast - 1);
    }

    string Parts() =>
        $"{Count(Translators, "translator")} and the {(KeepLast == 1 ? "target's last layer" : $"target's last {KeepLast} layers")}";

    void Check(LayerRange range, LayerRange? before, int layers)
    {
        var cut = $"--replace {range}";
        var end = layers - KeepLast - 1;
        if (range.First > range.Last) throw Fault.Usage($"{cut} runs backwards.", $"Write {range.Last}-{range.First}.");
        if (range.Last >= layers)
            throw Fault.Usage(
                $"{cut} reaches beyond the target, whose layers are 0 to {layers - 1}.", $"The last layer that can be replaced is {end}.");
        if (range.Last > end)
        {
            throw Fault.Usage(
                $"{cut} takes {(KeepLast == 1 ? "the target's last layer, which a surrogate always keeps" : $"one of the target's last {KeepLast} layers, which --keep-last keeps")}.",
                $"The last layer that can be replaced is {end}.");
        }
        if (range.First == 0)
            throw Fault.Usage(
                $"{cut} leaves no layer in front: the encoder would speak to the translator alone.", "Start at layer 1 or later.");
        if (range.Count <= Translators)
        {
            throw Fault.Usage(
                $"{cut} replaces {Count(range.Count, "layer")} by {Count(Translators, "translator")}, which makes nothing smaller.",
                $"Replace at least {Translators + 1} layers.");
        }
        if (before is { } earlier && range.First <= earlier.Last)
        {
            var how = range.Last < earlier.First ? "stands behind" : "overlaps with";
            throw Fault.Usage($"{cut} {how} {earlier}.", "Give the ranges from the first layers to the last, each layer once.");
        }
    }

    static string Count(int number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";

    static LayerRange ParseRange(string text, string whole)
    {
        if (Range().Match(text.Trim()) is { Success: true } match
            && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
        {
            return new LayerRange(first, last);
        }
        var where = text == whole ? "" : $" (in {Printable.Quote(whole)})";
        throw Fault.Usage(
            $"--replace {Printable.Quote(text)}{where} is not a range of layers.",
            "Write the first and the last replaced layer, e.g. --replace 40-78, or several: 16-26,40-78.");
    }

    [GeneratedRegex("^([0-9]+)-([0-9]+)\\z")]
    private static partial Regex Range();
}
