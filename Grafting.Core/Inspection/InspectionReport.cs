using System.Text.Json;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Inspection;

/// <param name="File">Name of the file that holds it; null where the weights are not here and the configuration tells of it.</param>
/// <param name="Type">Element type as in safetensors.</param>
public sealed record InspectedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Bytes, string? File)
{
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <param name="Bytes">Of the file; null where it is not here.</param>
/// <param name="Tensors">Of the model, in this file.</param>
public sealed record InspectedFile(string Name, long? Bytes, int Tensors);

/// <summary>What a model is made of, e.g. its embedding, or all of its layers.</summary>
/// <param name="Layers">How many layers it stands for; null where it is none.</param>
public sealed record InspectedPart(string Name, int? Layers, int Tensors, long Parameters, long Bytes);

/// <param name="Type">Element type as in safetensors.</param>
public sealed record TypeShare(string Type, int Tensors, long Elements, long Bytes);

/// <summary>What a load would do with the tensors.</summary>
/// <param name="Loadable">Whether every parameter would be filled and every tensor be accounted for.</param>
/// <param name="Used">Tensors that fill a parameter each.</param>
/// <param name="Ignored">Tensors left out on purpose.</param>
/// <param name="Copies">Tensors that may be there if they repeat another one exactly, which a load compares.</param>
/// <param name="Problem">Why it cannot be loaded, or null.</param>
public sealed record LoadOutlook(
    bool Loadable, int Used, IReadOnlyList<string> Ignored, IReadOnlyList<string> Copies, string? Problem = null, string? Remedy = null);

/// <param name="Name">As the publisher names it, or the first line of the licence; null where nothing states one.</param>
/// <param name="Source">The file that states it.</param>
public sealed record LicenceStatement(string? Name, string? Source);

/// <param name="Here">Whether the source lies where it lay.</param>
public sealed record InspectedSource(string Role, string Path, string Identity, bool Here);

/// <summary>What <c>graft.json</c> tells of an artefact.</summary>
public sealed record InspectedArtefact(string Kind, string Command, long? Seed, IReadOnlyList<InspectedSource> Sources);

/// <summary>What a file or folder holds, told without reading a weight.</summary>
/// <param name="Kind">
/// safetensors (a file by itself), decoder, tower, llava, model (of a type that is not known), bundle, graft, run, checkpoint.
/// </param>
public sealed record InspectionReport(string Path, string Kind)
{
    /// <summary>The family, as <c>model_type</c> names it.</summary>
    public string? ModelType { get; init; }

    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>
    /// The fields of <c>config.json</c> that say most, as they stand there; those of its parts have the part's name before a dot.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> Config { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Null where there is no <c>graft.json</c>.</summary>
    public InspectedArtefact? Artefact { get; init; }

    /// <summary>Whether the weights are here; otherwise tensors and parts are what the configuration asks for.</summary>
    public bool WeightsHere { get; init; } = true;

    public long Parameters => Parts.Sum(part => part.Parameters);

    public long Bytes => Tensors.Sum(tensor => tensor.Bytes);

    public IReadOnlyList<InspectedPart> Parts { get; init; } = [];

    public IReadOnlyList<TypeShare> Types { get; init; } = [];

    public IReadOnlyList<InspectedFile> Files { get; init; } = [];

    /// <summary>The free strings of the first file.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the embedding table is the head; null where there is no decoder, or one that is not known.</summary>
    public bool? TiedHead { get; init; }

    /// <summary>By what the weights are quantised, e.g. "GPTQ"; null where they are plain.</summary>
    public string? Quantisation { get; init; }

    /// <summary>Null where there is no model to load.</summary>
    public LoadOutlook? Load { get; init; }

    public LicenceStatement Licence { get; init; } = new(null, null);

    /// <summary>The file that holds the tokenizer; null without.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>The file that holds the chat template; null without.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>The file that says how pictures are prepared; null without.</summary>
    public string? Preprocessor { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public IReadOnlyList<InspectedTensor> Tensors { get; init; } = [];

    /// <summary>With the tensors, and all that is summed up from them.</summary>
    internal InspectionReport WithTensors(IReadOnlyList<InspectedTensor> tensors) => this with
    {
        Tensors = tensors,
        Parts = PartNames.Summarise(tensors, ofTower: Kind == "tower"),
        Types = [.. tensors.GroupBy(t => t.Type).Select(g => new TypeShare(g.Key, g.Count(), g.Sum(t => t.Elements), g.Sum(t => t.Bytes)))
            .OrderByDescending(share => share.Bytes)],
    };

    internal static InspectedTensor Of(TensorEntry entry, string file) =>
        new(entry.Name, entry.Type.Name(), entry.Shape, entry.ByteCount, file);
}
