namespace Grafting.Core.Reporting.Charts;

/// <summary>Which layers of a target a surrogate is made of.</summary>
/// <param name="TargetLayers">Decoder layers of the target.</param>
/// <param name="Kept">Target layers that the surrogate inherits unchanged.</param>
/// <param name="Translators">Target layers in whose place, and from whose weights, the translators were trained.</param>
public sealed record LayerMap(int TargetLayers, IReadOnlyList<int> Kept, IReadOnlyList<int> Translators);

/// <summary>Static SVG of a target's layers: kept, translated, left out.</summary>
public static class LayerStrip
{
    const double Width = 760, Gap = 2, Height = 18, WidestCell = 34;

    public static Markup Draw(LayerMap map)
    {
        var pitch = Math.Min(WidestCell, Width / Math.Max(1, map.TargetLayers));
        var every = map.TargetLayers <= 16 ? 1 : map.TargetLayers <= 48 ? 4 : 10;
        var title = $"{map.Kept.Count} of {map.TargetLayers} layers kept, {map.Translators.Count} translated";
        return Markup.Of($"""
            <svg class="chart wide" viewBox="0 0 {Width} {Height + 18}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">
            <title>{title}</title>
            {Markup.Join(Enumerable.Range(0, map.TargetLayers), layer => Markup.Of($"""
                <rect class="{Kind(map, layer)}" x="{layer * pitch}" y="0" width="{pitch - Gap}" height="{Height}" rx="2"/>
                """))}
            {Markup.Join(Enumerable.Range(0, map.TargetLayers).Where(layer => layer % every == 0 || layer == map.TargetLayers - 1), layer => Markup.Of($"""
                <text class="tick" x="{layer * pitch + (pitch - Gap) / 2}" y="{Height + 14}" text-anchor="middle">{layer}</text>
                """))}
            </svg>
            """);
    }

    static string Kind(LayerMap map, int layer) =>
        map.Translators.Contains(layer) ? "translator" : map.Kept.Contains(layer) ? "kept" : "left-out";
}
