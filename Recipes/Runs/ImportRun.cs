using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;
using Grafting.Core.Transfer;
using Grafting.Core.Transfer.Import;
using Grafting.Surrogates;

namespace Grafting.Recipes.Runs;

/// <summary>What <c>import</c> is asked to do.</summary>
/// <param name="Folder">Of the LLaVA.</param>
/// <param name="Output">Folder that receives the bundle.</param>
/// <param name="Surrogate">A surrogate of its language model, for the pair of encoder and surrogate; null: none.</param>
public sealed record ImportRequest(string Folder, string Output, string? Surrogate, string Command);

/// <summary>Takes tower and projector out of a LLaVA, as a bundle.</summary>
public static class ImportRun
{
    /// <exception cref="GraftException">
    /// Input: the LLaVA cannot be taken apart exactly, or the surrogate is of another language model.
    /// </exception>
    public static EncoderBundle Run(ImportRequest request, IProgress<ProgressReport>? progress = null)
    {
        AtomicFolder.CheckTarget(request.Output, replace: false);
        using var import = LlavaImport.Read(request.Folder, progress);
        var surrogate = request.Surrogate is { } folder ? Match(SurrogateFolder.Open(folder), import, request.Folder) : null;
        List<ArtefactSource> sources =
        [
            surrogate?.Target ?? import.Target,
            new(
                EncoderBundle.ImportRole, Path.GetFullPath(request.Folder),
                "sha256:" + Digests.Sha256(Path.Combine(request.Folder, Checkpoint.ConfigName))),
        ];
        if (surrogate is not null) sources.Add(new("surrogate", Path.GetFullPath(surrogate.Folder), surrogate.Identity));
        EncoderBundle.Write(
            request.Output, import.Encoder, import.Preprocessing, import.Template, translator: null, recipe: null,
            new Origin(request.Command), sources,
            surrogate?.Fingerprint ?? import.Fingerprint, replace: false, import.ImagePrompt);
        return EncoderBundle.Open(request.Output);
    }

    static SurrogateFolder Match(SurrogateFolder surrogate, LlavaImport import, string folder)
    {
        var own = surrogate.Fingerprint.Keys.Where(import.Decoder.ContainsKey).ToDictionary(
            name => name, name => import.Decoder[name], StringComparer.Ordinal);
        return EmbeddingFingerprint.Differences(own, surrogate.Fingerprint).FirstOrDefault() is not { } first
            ? surrogate
            : throw Fault.Input(
            $"the language model of {folder} {first}: {surrogate.Folder} was cut from another one.",
            "Give a surrogate of the model that the encoder was trained with, or none.");
    }
}
