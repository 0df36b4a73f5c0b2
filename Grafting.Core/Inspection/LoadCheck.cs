using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using static TorchSharp.torch;

namespace Grafting.Core.Inspection;

/// <summary>What a load would do, from headers alone.</summary>
static class LoadCheck
{
    /// <exception cref="GraftException">Of kind Input: the tensors do not fit the module.</exception>
    public static LoadOutlook Of(nn.Module module, KeyMap keys, IReadOnlyDictionary<string, StoredTensor> tensors, string source)
    {
        // Whether a copy repeats its original is told by its bytes, which are not read here.
        var copies = tensors.Keys.Where(name => keys.OriginalOf(name) is not null).Order(StringComparer.Ordinal).ToList();
        var report = Weights.Check(module, keys, tensors.Where(t => !copies.Contains(t.Key)).ToDictionary(StringComparer.Ordinal), source);
        return new LoadOutlook(true, report.Loaded.Count, report.Ignored, copies);
    }

    public static LoadOutlook Refused(GraftException error) => new(false, 0, [], [], error.Message, error.Remedy);
}
