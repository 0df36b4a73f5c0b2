using Grafting.Core.Models.Layers;
using TorchSharp;

namespace Grafting.Core.Models.Lora;

/// <summary>The adapters of a decoder, by the Hugging Face names of their matrices, e.g. <c>model.layers.0.self_attn.q_proj</c>.</summary>
public sealed class LoraAdapters
{
    internal const string ModuleName = "lora";
    const string Weight = ".weight";

    LoraAdapters(LoraConfig config, LoraDropout dropout, IReadOnlyList<KeyValuePair<string, LoraAdapter>> members) =>
        (Config, Dropout, Members) = (config, dropout, members);

    public LoraConfig Config { get; }

    /// <summary>What the trainer tells where it stands.</summary>
    public LoraDropout Dropout { get; }

    /// <summary>In the order of the decoder.</summary>
    public IReadOnlyList<KeyValuePair<string, LoraAdapter>> Members { get; }

    /// <summary>Puts a fresh adapter beside every matrix that the configuration names; the decoder then owns them.</summary>
    /// <param name="seed">Of A and of the dropout. A decoder without memory (on the meta device) gets adapters without values.</param>
    /// <exception cref="GraftException">Usage, naming a target that is no matrix of this decoder, and the nearest that is.</exception>
    public static LoraAdapters Attach(Decoder decoder, LoraConfig config, ulong seed)
    {
        config.Validate();
        var matrices = Matrices(decoder);
        foreach (var target in config.Targets)
        {
            if (!matrices.Any(matrix => IsNamed(matrix.Key, target))) throw Unknown(target, matrices.Keys);
        }
        var adapters = Attach(decoder, config, [.. matrices.Keys.Where(name => config.Targets.Any(target => IsNamed(name, target)))], seed);
        if (decoder.Device.type == DeviceType.META) return adapters;
        var initialiser = new Initialiser(seed);
        foreach (var (_, adapter) in adapters.Members) adapter.Initialise(initialiser);
        return adapters;
    }

    /// <summary>Adapters with undefined values beside exactly these matrices.</summary>
    internal static LoraAdapters Attach(Decoder decoder, LoraConfig config, IReadOnlyCollection<string> names, ulong seed)
    {
        var dropout = new LoraDropout(config.Dropout, seed);
        var matrices = Matrices(decoder);
        var members = new List<KeyValuePair<string, LoraAdapter>>();
        foreach (var name in names)
        {
            var matrix = matrices[name];
            var adapter = new LoraAdapter(name, matrix.Weight.shape[1], matrix.Weight.shape[0], config, dropout, decoder.Device);
            matrix.Attach(adapter);
            members.Add(new(name, adapter));
        }
        return new LoraAdapters(config, dropout, members);
    }

    /// <summary>Whether a parameter of a decoder belongs to an adapter.</summary>
    /// <param name="name">In the decoder.</param>
    public static bool Owns(string name) => name.Contains($".{ModuleName}.", StringComparison.Ordinal);

    /// <summary>Every matrix of the decoder that can have an adapter.</summary>
    internal static IReadOnlyDictionary<string, Dense> Matrices(Decoder decoder)
    {
        var matrices = new OrderedDictionary<string, Dense>();
        foreach (var (name, module) in decoder.named_modules())
        {
            if (module is Dense dense && decoder.Keys.ToTheirs(name + Weight) is { } theirs) matrices[theirs[..^Weight.Length]] = dense;
        }
        return matrices;
    }

    /// <summary>As in PEFT: the whole name, or its end from a dot on.</summary>
    static bool IsNamed(string matrix, string target) => matrix == target || matrix.EndsWith("." + target, StringComparison.Ordinal);

    static GraftException Unknown(string target, IEnumerable<string> matrices)
    {
        string[] known = [.. matrices.Select(name => name[(name.LastIndexOf('.') + 1)..]).Distinct(StringComparer.Ordinal)];
        return Fault.Usage(
            $"lora.targets names {Printable.Quote(target)}, and this decoder has no such matrix.",
            $"{Spelling.Suggest(target, known)}It has {string.Join(", ", known)}.");
    }
}
