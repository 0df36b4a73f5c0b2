using System.Text.Json.Nodes;

namespace Grafting.Core.Models.Decoders;

/// <summary>
/// Which layers of a decoder see only the nearest positions: Hugging Face's <c>layer_types</c> and <c>sliding_window</c>.
/// </summary>
/// <param name="window">Positions that such a layer sees, its own included.</param>
/// <param name="slides">For each layer whether it is one of them.</param>
public sealed class LayerWindows(int window, IReadOnlyList<bool> slides) : IEquatable<LayerWindows>
{
    const string Sliding = "sliding_attention";
    const string Full = "full_attention";

    public int Window { get; } = window;

    public IReadOnlyList<bool> Slides { get; } = slides;

    /// <returns>The positions that a layer sees, or null for all.</returns>
    public int? this[int layer] => Slides[layer] ? Window : null;

    /// <summary>Of so many layers those for which a rule holds.</summary>
    public static LayerWindows Where(int layers, int window, Func<int, bool> slides) =>
        new(window, [.. Enumerable.Range(0, Math.Max(0, layers)).Select(slides)]);

    public LayerWindows Take(IReadOnlyList<int> layers) => new(Window, [.. layers.Select(layer => Slides[layer])]);

    public LayerWindows Validate(int layers)
    {
        Fault.IfOutside(Window, 1, int.MaxValue);
        if (Slides.Count != layers) throw Fault.Usage($"layer_types names {Slides.Count} layers; num_hidden_layers is {layers}.");
        return this;
    }

    /// <returns>Null where the file has no <c>layer_types</c>.</returns>
    internal static LayerWindows? Read(ConfigReader config, int window) => config.Strings("layer_types") is not { } types ? null
        : new(window, [.. types.Select((type, i) => type switch
        {
            Sliding => true,
            Full => false,
            _ => throw Fault.Input($"{config.Source}: layer_types[{i}] is {Printable.Quote(type)}; known are {Sliding} and {Full}."),
        })]);

    /// <summary>As Hugging Face names them.</summary>
    public JsonArray ToJson() => new([.. Slides.Select(slide => (JsonNode)(slide ? Sliding : Full))]);

    public bool Equals(LayerWindows? other) =>
        other is not null && Slides.SequenceEqual(other.Slides) && (Window == other.Window || !Slides.Contains(true));

    public override bool Equals(object? obj) => Equals(obj as LayerWindows);

    public override int GetHashCode() => Slides.Count(slide => slide);

    public override string ToString() => $"{Slides.Count(slide => slide)} of {Slides.Count} layers see {Window} positions";
}
