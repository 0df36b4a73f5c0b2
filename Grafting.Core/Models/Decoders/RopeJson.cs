using System.Text.Json.Nodes;

namespace Grafting.Core.Models.Decoders;

/// <summary>Rotary settings in <c>config.json</c>.</summary>
static class RopeJson
{
    /// <summary>
    /// Reads transformers v5's <c>rope_parameters</c> or the older pair <c>rope_theta</c>, <c>rope_scaling</c>. A file that has both
    /// must mean the same by them.
    /// </summary>
    /// <param name="positions">The model's <c>max_position_embeddings</c>.</param>
    /// <param name="absentTheta">Base where the file gives none.</param>
    public static RopeConfig Read(ConfigReader config, int positions, double absentTheta = 10_000)
    {
        var hasOlder = config.Has("rope_theta") | config.Has("rope_scaling");
        var older = ReadScaling(config.Object("rope_scaling"), config.Double("rope_theta", absentTheta), positions);
        if (config.Object("rope_parameters") is not { } parameters) return older;
        var newer = ReadScaling(parameters, parameters.Double("rope_theta", absentTheta), positions);
        if (hasOlder && newer != older)
            throw Fault.Input($"{config.Source}: rope_parameters and rope_theta/rope_scaling disagree: {newer} against {older}.");
        return newer;
    }

    /// <summary>Writes the older pair, which every version of transformers reads.</summary>
    public static void Write(RopeConfig rope, JsonObject config)
    {
        config["rope_theta"] = rope.Theta;
        config["rope_scaling"] = Scaling(rope);
    }

    public static RopeConfig ReadScaling(ConfigReader? scaling, double theta, int positions)
    {
        if (scaling is null) return new(theta);
        // "type" is the older spelling; files converted by newer versions carry both.
        var type = scaling.String("rope_type", scaling.String("type", "default"));
        if (scaling.String("type", type) != type) throw Fault.Input($"{scaling.Source}: rope_type and type disagree.");
        // The base may stand in here as well.
        if (scaling.Double("rope_theta", theta) is var own && own != theta)
            throw Fault.Input($"{scaling.Source}: rope_theta is {own} here and {theta} outside.");
        var rope = type switch
        {
            "default" => new RopeConfig(theta),
            "linear" => new RopeConfig(theta, RopeScaling.Linear, scaling.Double("factor")),
            "dynamic" => new RopeConfig(theta, RopeScaling.Dynamic, scaling.Double("factor"), OriginalPositions: positions),
            "llama3" => new RopeConfig(theta, RopeScaling.Llama3, scaling.Double("factor"),
                scaling.Double("low_freq_factor"), scaling.Double("high_freq_factor"),
                scaling.Int("original_max_position_embeddings")),
            "yarn" => ReadYarn(scaling, theta, positions),
            _ => throw Fault.Input(
                $"{scaling.Source}: the rope type {Printable.Quote(type)} is not supported; known are default, linear, dynamic, llama3, "
                    + "yarn.",
                "Choose a model whose positions are rotated in one of these ways."),
        };
        if (scaling.Double("partial_rotary_factor", 1) is var part and not 1)
            throw Fault.Input($"{scaling.Source}: partial_rotary_factor is {part}; only heads that are rotated whole are supported.");
        scaling.Finish();
        return rope;
    }

    static RopeConfig ReadYarn(ConfigReader scaling, double theta, int positions)
    {
        var original = scaling.Int("original_max_position_embeddings", positions);
        var factor = scaling.Double("factor", positions / (double)original);
        var (scale, scaleOfAll) = (scaling.Double("mscale", 0), scaling.Double("mscale_all_dim", 0));
        var growth = scale != 0 && scaleOfAll != 0 ? Growth(scale) / Growth(scaleOfAll) : Growth(1);
        return new RopeConfig(theta, RopeScaling.Yarn, factor, OriginalPositions: original)
        {
            BetaFast = scaling.Double("beta_fast", 32),
            BetaSlow = scaling.Double("beta_slow", 1),
            Truncate = scaling.Bool("truncate", true),
            AngleFactor = scaling.Double("attention_factor", growth),
        };

        double Growth(double by) => factor <= 1 ? 1 : (0.1 * by * Math.Log(factor)) + 1;
    }

    public static JsonObject? Scaling(RopeConfig rope) => rope.Scaling switch
    {
        RopeScaling.None => null,
        RopeScaling.Linear => new JsonObject { ["rope_type"] = "linear", ["factor"] = rope.Factor },
        RopeScaling.Dynamic => new JsonObject { ["rope_type"] = "dynamic", ["factor"] = rope.Factor },
        RopeScaling.Llama3 => new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = rope.Factor,
            ["low_freq_factor"] = rope.LowFrequencyFactor,
            ["high_freq_factor"] = rope.HighFrequencyFactor,
            ["original_max_position_embeddings"] = (long)rope.OriginalPositions,
        },
        RopeScaling.Yarn => new JsonObject
        {
            ["rope_type"] = "yarn",
            ["factor"] = rope.Factor,
            ["beta_fast"] = rope.BetaFast,
            ["beta_slow"] = rope.BetaSlow,
            ["truncate"] = rope.Truncate,
            ["attention_factor"] = rope.AngleFactor,
            ["original_max_position_embeddings"] = (long)rope.OriginalPositions,
        },
        _ => Fault.Unreachable<JsonObject>(rope.Scaling),
    };
}
