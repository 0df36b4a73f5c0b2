using System.Globalization;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Health;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Recipes.Toy;
using Grafting.Surrogates;
using Grafting.Surrogates.Analysis;
using Grafting.Surrogates.Translators;
using static TorchSharp.torch;

namespace Grafting.Recipes.Study;

/// <summary>A target of the study with what was measured in it.</summary>
/// <param name="Key">Short name: <c>t8</c>, <c>t16</c>.</param>
/// <param name="Folder">Its checkpoint.</param>
/// <param name="Depth">Decoder layers.</param>
/// <param name="Analysis">Null before it is made, as in a dry run.</param>
public sealed record StudyTarget(string Key, string Folder, int Depth, AnalysisResult? Analysis)
{
    /// <summary>
    /// Layers in front of the cut: where the late phase begins, or half of them where no transition is visible or none was looked for.
    /// </summary>
    public int Cut => Math.Clamp(Analysis?.Analysis.Proposal?.First ?? Depth / 2, 1, Depth - 3);

    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Depth} layers");
}

/// <summary>Makes what the cells of a study share: the targets, their analyses, the surrogates.</summary>
/// <param name="folder">Of the study.</param>
/// <param name="text">Conversations without pictures, from <see cref="ToyDataset"/>.</param>
sealed class StudyTargets(string folder, string text, StudyScale scale)
{
    const string Command = "study";
    const string Shallow = "t8";
    const string Deep = "t16";

    string DeepFolder => Path.Combine(folder, "targets", Deep);

    /// <summary>The targets as far as they are known, without making anything.</summary>
    public IReadOnlyList<StudyTarget> Expect()
    {
        List<StudyTarget> targets =
            [new(Shallow, TargetResolver.Resolve(Catalogue.Toy).RequireFolder(), ToyPretraining.Phases[^1].Layers, Analysed(Shallow))];
        if (scale.Deep) targets.Add(new(Deep, DeepFolder, ToyPretraining.DeepPhases[^1].Layers, Analysed(Deep)));
        return targets;
    }

    /// <summary>The built-in target, and its larger sibling, which is trained here where the folder has none.</summary>
    public IReadOnlyList<StudyTarget> Ensure(IProgress<ProgressReport>? progress, StopRequest? stop)
    {
        List<StudyTarget> targets = [Measure(Shallow, TargetResolver.Resolve(Catalogue.Toy).RequireFolder(), progress, stop)];
        if (scale.Deep)
        {
            var deep = DeepFolder;
            if (!Directory.Exists(deep))
            {
                ToyPretraining.Run(
                    deep, deep + ".run", ToyPretraining.DeepPhases, 1, CPU, $"{Command}: target of 16 layers", progress, stop);
            }
            targets.Add(Measure(Deep, deep, progress, stop));
        }
        return targets;
    }

    /// <summary>The decoder that a condition trains against, and which of its layers are translators.</summary>
    public (Decoder Decoder, IReadOnlyList<int> Translators) Load(StudyTarget target, StudyCondition condition)
    {
        switch (condition.Decoder)
        {
            case StudyDecoder.Whole:
                return (DecoderFamilies.Load(target.Folder, CPU, ScalarType.Float32), []);
            case StudyDecoder.Slice:
                return (Slice(target, condition.Layers), []);
            default:
                var surrogate = SurrogateFolder.Open(PlaceOf(target, condition), verify: false);
                return (DecoderFamilies.Load(surrogate.Folder, CPU, ScalarType.Float32), surrogate.Translators);
        }
    }

    /// <summary>Cuts the surrogate of a condition unless it is there.</summary>
    public void Cut(StudyTarget target, StudyCondition condition, IProgress<ProgressReport>? progress, StopRequest? stop)
    {
        var place = PlaceOf(target, condition);
        if (condition.Decoder != StudyDecoder.Surrogate || Directory.Exists(place)) return;
        using var checkpoint = Checkpoint.Open(target.Folder);
        var plan = SurrogatePlan.Create(checkpoint, CutRequest.Replace(condition.Layers, target.Depth - 2), condition.Start);
        var made = TranslatorMaker.IsNeeded(plan, distil: false)
            ? TranslatorMaker.Make(
                target.Folder, plan, new TranslatorRequest(Corpus(target.Folder), null, Scratch(target), CPU, ScalarType.Float32, Command),
                progress, stop)
            : null;
        SurrogateBuilder.Build(checkpoint, plan, place, new BuildOptions(Command) { Translators = made }, progress);
    }

    StudyTarget Measure(string key, string target, IProgress<ProgressReport>? progress, StopRequest? stop)
    {
        using var checkpoint = Checkpoint.Open(target);
        var depth = DecoderFamilies.ReadConfig(checkpoint).Shape.Layers;
        if (Analysed(key) is { } known) return new StudyTarget(key, target, depth, known);
        var request = new AnalysisRequest(
            key, target, Corpus(target), TrajectoryArithmetic.Exact, Path.Combine(folder, "scratch", key), CPU, ScalarType.Float32, 1,
            $"libtorch {__version__}, provider {TorchProbe.Provider}");
        var result = TargetAnalyser.Run(request, progress, stop);
        return new StudyTarget(key, target, depth, AnalysisFolder.Write(AnalysisOf(key), result, new Origin(Command, Seed: 1)).Result);
    }

    AnalysisResult? Analysed(string key) => Directory.Exists(AnalysisOf(key)) ? AnalysisFolder.Open(AnalysisOf(key)).Result : null;

    string AnalysisOf(string key) => Path.Combine(folder, "analyses", key);

    TextCorpus Corpus(string target)
    {
        var tokenizer = Tokenizer.Load(target);
        return TextCorpus.Load([text], tokenizer, ChatTemplate.For(tokenizer, target), new TextSelection(scale.Passages));
    }

    string Scratch(StudyTarget target) => Path.Combine(folder, "scratch", target.Key);

    string PlaceOf(StudyTarget target, StudyCondition condition) => Path.Combine(
        folder, "surrogates", string.Create(CultureInfo.InvariantCulture, $"{target.Key}-k{condition.Layers}-{condition.Start.Name()}"));

    /// <summary>The target's embedding and first layers, straight under its norm and head.</summary>
    static Decoder Slice(StudyTarget target, int layers)
    {
        using var whole = DecoderFamilies.Load(target.Folder, CPU, ScalarType.Float32);
        var slice = whole.Config.WithLayers([.. Enumerable.Range(0, layers)]).Build(CPU, ScalarType.Float32);
        var values = whole.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        using var _ = no_grad();
        foreach (var (name, parameter) in slice.named_parameters()) parameter.copy_(values[name]);
        return slice;
    }
}
