using System.Text.Json.Nodes;

namespace Grafting.Core.Models.Decoders.Blocks;

/// <summary>How Qwen's files say which layers see only the nearest positions.</summary>
internal static class QwenWindows
{
    /// <remarks>A window is written down even where <c>use_sliding_window</c> is false and none is used.</remarks>
    public static LayerWindows Read(ConfigReader config, int layers)
    {
        var window = config.Int("sliding_window", 4096);
        var first = config.Int("max_window_layers", 28);
        var used = config.Bool("use_sliding_window", false) && !config.IsNull("sliding_window");
        var listed = LayerWindows.Read(config, window);
        if (listed is not null && !used && listed.Slides.Contains(true))
            throw Fault.Input($"{config.Source}: layer_types names layers with a sliding window, and use_sliding_window is false.");
        return listed ?? LayerWindows.Where(layers, window, layer => used && layer >= first);
    }

    public static void Write(LayerWindows windows, JsonObject json)
    {
        var first = windows.Slides.TakeWhile(slides => !slides).Count();
        json["use_sliding_window"] = windows.Slides.Contains(true);
        json["sliding_window"] = windows.Window;
        json["max_window_layers"] = first;
        // The number alone says it where every layer from it on has a window.
        if (windows.Slides.Skip(first).Contains(false)) json["layer_types"] = windows.ToJson();
    }
}
