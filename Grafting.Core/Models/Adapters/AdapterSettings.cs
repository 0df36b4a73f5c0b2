using System.ComponentModel;
using System.Text.Json.Nodes;

namespace Grafting.Core.Models.Adapters;

/// <summary>An adapter as a recipe describes it and a bundle remembers it.</summary>
public sealed record AdapterSettings
{
    /// <summary>One of <see cref="AdapterKinds.Known"/>.</summary>
    [DefaultValue(MlpAdapterConfig.Kind)]
    public string Kind { get; init; } = MlpAdapterConfig.Kind;

    /// <summary>Linear layers, with GELU between them; of a resampler, its layers.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>Side of the cell of neighbouring features that become one token.</summary>
    [DefaultValue(null)]
    public int? Factor { get; init; }

    /// <summary>Learned vectors that read the picture: as many tokens come out.</summary>
    [DefaultValue(null)]
    public int? Queries { get; init; }

    /// <summary>Heads of the attention; divides the tower's width.</summary>
    [DefaultValue(null)]
    public int? Heads { get; init; }

    /// <exception cref="GraftException">
    /// Usage: unknown kind, a value out of bounds, one that the kind does not have, or one that it needs.
    /// </exception>
    public AdapterSettings Validate()
    {
        var kind = AdapterKinds.Find(Kind);
        Fault.IfOutside(Depth, 1, 16);
        Fault.IfOutside(Factor ?? 2, 2, 16, nameof(Factor));
        Fault.IfOutside(Queries ?? 1, 1, 4096, nameof(Queries));
        Fault.IfOutside(Heads ?? 1, 1, 256, nameof(Heads));
        Check(nameof(Factor), Factor);
        Check(nameof(Queries), Queries);
        Check(nameof(Heads), Heads);
        return this;

        void Check(string name, int? value)
        {
            var needed = kind.Needs.Contains(name);
            if (needed == value is not null) return;
            var key = name.ToLowerInvariant();
            throw needed
                ? Fault.Usage($"adapter.{key} is not given; an adapter of kind '{Kind}' needs it.", $"Add '{key}' to the recipe's adapter.")
                : Fault.Usage(
                    $"adapter.{key} is {value}; an adapter of kind '{Kind}' has no such value.",
                    $"Leave it out, or choose a kind that has it: {AdapterKinds.With(name)}.");
        }
    }

    /// <param name="visionWidth">Features per token leaving the tower.</param>
    /// <param name="languageWidth">Residual width of the language model.</param>
    public AdapterConfig ToConfig(int visionWidth, int languageWidth)
    {
        Validate();
        return AdapterKinds.Find(Kind).Make(this, visionWidth, languageWidth);
    }

    /// <summary>An adapter with undefined parameters that reads a tower's features.</summary>
    public Adapter Build(VisionTower tower, int languageWidth) =>
        ToConfig(tower.Width, languageWidth).Build(FeatureGrid.Of(tower), tower.Device, tower.DType);

    /// <summary>Before there was more than one kind, files said no more than <c>adapterDepth</c>; this gives them today's form.</summary>
    /// <param name="owner">The object that describes an adapter.</param>
    public static void BringUpToDate(JsonObject owner)
    {
        if (owner.ContainsKey("adapter") || owner["adapterDepth"] is not { } depth) return;
        owner.Remove("adapterDepth");
        owner["adapter"] = new JsonObject { ["kind"] = MlpAdapterConfig.Kind, ["depth"] = depth };
    }
}
