using System.Globalization;
using System.Text.RegularExpressions;
using Grafting.Core;

namespace Grafting.Surrogates;

/// <summary>
/// Where a target is cut, in one of two forms: so many layers in all (<see cref="Layers"/>), or the replaced range (<see cref="Replace"/>).
/// </summary>
public sealed partial record CutRequest
{
    readonly int? _layers;
    readonly (int First, int Last)? _range;

    CutRequest(int? layers, (int First, int Last)? range) => (_layers, _range) = (layers, range);

    /// <summary>A surrogate of so many decoder layers: those in front, one translator, and the target's last.</summary>
    public static CutRequest Layers(int total) => new(total, null);

    /// <summary>The paper's form: the layers from first to last, both counted, make room for one translator.</summary>
    public static CutRequest Replace(int first, int last) => new(null, (first, last));

    /// <summary>From the command line: exactly one of <c>--layers N</c> and <c>--replace A-B</c>.</summary>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>.</exception>
    public static CutRequest Parse(int? layers, string? replace)
    {
        if (layers is null == replace is null)
            throw Fault.Usage("Give either --layers N or --replace A-B.", "E.g. --layers 8, or --replace 40-78 as in the paper for 80 layers.");
        if (layers is { } total) return Layers(total);
        if (Range().Match(replace!) is { Success: true } match
            && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
        {
            return Replace(first, last);
        }
        throw Fault.Usage($"--replace {Printable.Quote(replace!)} is not a range of layers.", "Write the first and the last replaced layer, e.g. --replace 40-78.");
    }

    /// <summary>The replaced range of a target, end exclusive. The translator starts as a copy of its first layer.</summary>
    /// <param name="targetLayers">Decoder layers of the target.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>, saying why the cut is not possible.</exception>
    public (int Begin, int End) Resolve(int targetLayers) => _layers is { } total
        ? FromTotal(total, targetLayers)
        : FromRange(_range!.Value.First, _range.Value.Last, targetLayers);

    public override string ToString() => _layers is { } total
        ? string.Create(CultureInfo.InvariantCulture, $"--layers {total}")
        : string.Create(CultureInfo.InvariantCulture, $"--replace {_range!.Value.First}-{_range.Value.Last}");

    static (int Begin, int End) FromTotal(int total, int layers)
    {
        if (layers < 4)
            throw Fault.Usage($"The target has {layers} layers; a cut needs at least 4: one in front, two to replace, and the last.", "Choose a larger target.");
        var advice = $"Choose between 3 and {layers - 1}.";
        if (total < 3)
            throw Fault.Usage($"--layers {total} is too few: a surrogate has at least one layer of the target in front, one translator, and the target's last layer.", advice);
        if (total >= layers)
            throw Fault.Usage($"--layers {total} removes nothing: the target has {layers} layers.", advice);
        return (total - 2, layers - 1);
    }

    static (int Begin, int End) FromRange(int first, int last, int layers)
    {
        var cut = $"--replace {first}-{last}";
        if (first > last) throw Fault.Usage($"{cut} runs backwards.", $"Write {last}-{first}.");
        if (first == last)
            throw Fault.Usage($"{cut} replaces a single layer; one translator for one layer makes nothing smaller.", "Replace at least two layers.");
        if (last >= layers)
            throw Fault.Usage($"{cut} reaches beyond the target, whose layers are 0 to {layers - 1}.", $"The last layer that can be replaced is {layers - 2}.");
        if (last == layers - 1)
            throw Fault.Usage($"{cut} takes the target's last layer, which a surrogate always keeps.", $"The last layer that can be replaced is {layers - 2}.");
        if (first == 0)
            throw Fault.Usage($"{cut} leaves no layer in front: the encoder would speak to the translator alone.", "Start at layer 1 or later.");
        return (first, last + 1);
    }

    [GeneratedRegex("^([0-9]+)-([0-9]+)\\z")]
    private static partial Regex Range();
}
