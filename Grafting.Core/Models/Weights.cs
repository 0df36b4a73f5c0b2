using Grafting.Core.Checkpoints;
using static TorchSharp.torch;

namespace Grafting.Core.Models;

/// <summary>What a load did; everything not listed here was an error.</summary>
/// <param name="Loaded">Tensors of the checkpoint that filled a parameter each.</param>
/// <param name="Ignored">Tensors left out on purpose.</param>
public sealed record LoadReport(IReadOnlyList<string> Loaded, IReadOnlyList<string> Ignored);

/// <summary>Fills modules from checkpoints and writes them back.</summary>
public static class Weights
{
    // A model of the wrong family differs in every tensor; the first few tell it.
    const int ProblemsShown = 5;

    /// <summary>
    /// Fills every parameter exactly once and leaves no tensor of the checkpoint unexplained; checks all before reading any.
    /// </summary>
    /// <param name="source">The checkpoint's folder, for messages.</param>
    /// <exception cref="GraftException">
    /// Of kind Input: a tensor is missing, has another shape or is no float, or the checkpoint has one that nobody knows.
    /// </exception>
    public static LoadReport Load(nn.Module module, KeyMap keys, IReadOnlyDictionary<string, StoredTensor> tensors, string source)
    {
        var report = Check(module, keys, tensors, source);
        Fill(module, keys, "", tensors);
        return report;
    }

    /// <summary>Fills a part of a module whose checkpoint has been checked.</summary>
    /// <param name="prefix">What stands before the part's names in the names of the whole module, e.g. "layers.3.".</param>
    internal static void Fill(nn.Module part, KeyMap keys, string prefix, IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        foreach (var (name, parameter) in part.named_parameters()) TensorLoading.Fill(parameter, tensors[Theirs(keys, prefix + name)]);
    }

    /// <summary>The checks of <see cref="Load"/> alone. The module can stand on the meta device, so that nothing is allocated.</summary>
    public static LoadReport Check(nn.Module module, KeyMap keys, IReadOnlyDictionary<string, StoredTensor> tensors, string source)
    {
        var wanted = module.named_parameters().ToDictionary(p => Theirs(keys, p.name), p => p.parameter.shape, StringComparer.Ordinal);
        var spare = tensors.Where(t => !wanted.ContainsKey(t.Key)).ToDictionary(StringComparer.Ordinal);
        var problems = Unfilled(wanted, tensors).Concat(Unexplained(spare, tensors, keys)).Order(StringComparer.Ordinal).ToArray();
        if (problems.Length == 0) return new([.. wanted.Keys], [.. spare.Keys.Order(StringComparer.Ordinal)]);
        if (Quantisation.Find(tensors.Keys, source) is { } quantised) throw quantised;
        var more = problems.Length > ProblemsShown ? $"; and {problems.Length - ProblemsShown} more like these" : "";
        throw Fault.Input(
            $"{source}: the tensors do not fit the configuration: {string.Join("; ", problems.Take(ProblemsShown))}{more}.",
            "The files are of another model than config.json says, or some are missing.");
    }

    /// <summary>Every parameter under its checkpoint name, in the parameter's own dtype.</summary>
    public static IEnumerable<TensorSource> Sources(nn.Module module, KeyMap keys) =>
        module.named_parameters().Select(p => TensorLoading.Source(Theirs(keys, p.name), p.parameter));

    static IEnumerable<string> Unfilled(Dictionary<string, long[]> wanted, IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        foreach (var (name, shape) in wanted)
        {
            if (!tensors.TryGetValue(name, out var stored))
                yield return $"{Printable.Quote(name)} is missing";
            else if (!stored.Entry.Shape.SequenceEqual(shape))
                yield return $"{Printable.Quote(name)} in {stored.File.Path} is {Sizes(stored.Entry.Shape)}, {Sizes(shape)} was expected";
            else if (!stored.Entry.Type.IsFloat())
                yield return $"{Printable.Quote(name)} in {stored.File.Path} is {stored.Entry.Type.Name()}, a float type was expected";
        }
    }

    static IEnumerable<string> Unexplained(
        Dictionary<string, StoredTensor> spare, IReadOnlyDictionary<string, StoredTensor> tensors, KeyMap keys)
    {
        foreach (var (name, stored) in spare)
        {
            if (keys.Ignores(name)) continue;
            if (keys.OriginalOf(name) is not { } original)
                yield return $"{Printable.Quote(name)} {Sizes(stored.Entry.Shape)} in {stored.File.Path} has no place in the model";
            else if (!tensors.TryGetValue(original, out var repeated) || Digests.Sha256(stored) != Digests.Sha256(repeated))
                yield return $"{Printable.Quote(name)} in {stored.File.Path} should repeat \"{original}\", as tied weights do, but differs";
        }
    }

    static string Theirs(KeyMap keys, string ours) =>
        keys.ToTheirs(ours) ?? throw new InvalidOperationException($"the key map has no rule for parameter {ours}");

    static string Sizes(long[] shape) => $"[{string.Join(", ", shape)}]";
}
