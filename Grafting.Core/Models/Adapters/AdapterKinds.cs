namespace Grafting.Core.Models.Adapters;

/// <param name="Needs">Values of <see cref="AdapterSettings"/> that only some kinds have, and this one needs.</param>
/// <param name="Make">From settings, vision width and language width.</param>
sealed record AdapterKind(IReadOnlyList<string> Needs, Func<AdapterSettings, int, int, AdapterConfig> Make);

/// <summary>The kinds of adapters by their names in recipes and bundles; a new kind is one more line here.</summary>
public static class AdapterKinds
{
    static readonly Dictionary<string, AdapterKind> Kinds = new(StringComparer.Ordinal)
    {
        [MlpAdapterConfig.Kind] = new([], (s, vision, language) => new MlpAdapterConfig(vision, language, s.Depth).Validate()),
        [PixelShuffleConfig.Kind] = new(
            [nameof(AdapterSettings.Factor)], (s, vision, language) =>
                new PixelShuffleConfig(vision, language, s.Factor!.Value, s.Depth).Validate()),
        [AveragePoolConfig.Kind] = new(
            [nameof(AdapterSettings.Factor)], (s, vision, language) =>
                new AveragePoolConfig(vision, language, s.Factor!.Value, s.Depth).Validate()),
        [ResamplerConfig.Kind] = new(
            [nameof(AdapterSettings.Queries), nameof(AdapterSettings.Heads)],
            (s, vision, language) => new ResamplerConfig(vision, language, s.Queries!.Value, s.Heads!.Value, s.Depth).Validate()),
    };

    public static IReadOnlyCollection<string> Known => Kinds.Keys;

    /// <exception cref="GraftException">Usage, for a name that is not known.</exception>
    internal static AdapterKind Find(string name) => Kinds.TryGetValue(name, out var kind) ? kind : throw Fault.Usage(
        $"adapter.kind is {Printable.Quote(name)}, which is not a kind of adapter.",
        $"{Spelling.Suggest(name, [.. Known])}Known are {string.Join(", ", Known)}.");

    internal static string With(string setting) =>
        string.Join(", ", Kinds.Where(kind => kind.Value.Needs.Contains(setting)).Select(kind => kind.Key));
}
