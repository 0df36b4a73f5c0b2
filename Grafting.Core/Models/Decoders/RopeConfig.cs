using System.Text.Json.Nodes;

namespace Grafting.Core.Models.Decoders;

/// <summary>How the rotary frequencies are stretched beyond the context of the original training.</summary>
public enum RopeScaling
{
    None,

    /// <summary>All frequencies divided by the factor.</summary>
    Linear,

    /// <summary>Llama 3.1: long wavelengths divided by the factor, short ones kept, a smooth passage between.</summary>
    Llama3,
}

/// <summary>Rotary position embedding.</summary>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="LowFrequencyFactor">Llama 3: wavelengths above original positions / this are scaled fully.</param>
/// <param name="HighFrequencyFactor">Llama 3: wavelengths below original positions / this are not scaled.</param>
/// <param name="OriginalPositions">Llama 3: context length before the stretching.</param>
public sealed record RopeConfig(
    double Theta = 10_000,
    RopeScaling Scaling = RopeScaling.None,
    double Factor = 1,
    double LowFrequencyFactor = 0,
    double HighFrequencyFactor = 0,
    double OriginalPositions = 0)
{
    public RopeConfig Validate()
    {
        Fault.IfOutside(Theta, 1, 1e12);
        Fault.IfOutside(Factor, 1e-3, 1e6);
        if (Scaling != RopeScaling.Llama3) return this;
        Fault.IfOutside(OriginalPositions, 1, int.MaxValue);
        Fault.IfOutside(LowFrequencyFactor, 1e-3, 1e6);
        Fault.IfOutside(HighFrequencyFactor, 1e-3, 1e6);
        if (HighFrequencyFactor <= LowFrequencyFactor)
            throw Fault.Usage($"high_freq_factor is {HighFrequencyFactor}; it must be above low_freq_factor, {LowFrequencyFactor}.");
        return this;
    }

    /// <summary>
    /// One float32 frequency per pair of features, rounded at the same places as the reference
    /// (transformers <c>modeling_rope_utils.py</c>), which works in float32.
    /// </summary>
    public float[] InverseFrequencies(int headWidth)
    {
        var frequencies = new float[headWidth / 2];
        for (var i = 0; i < frequencies.Length; i++)
            frequencies[i] = Stretch(1f / MathF.Pow((float)Theta, 2 * i / (float)headWidth));
        return frequencies;
    }

    float Stretch(float frequency)
    {
        if (Scaling == RopeScaling.None) return frequency;
        var factor = (float)Factor;
        if (Scaling == RopeScaling.Linear) return frequency / factor;
        var original = (float)OriginalPositions;
        var (low, high) = ((float)LowFrequencyFactor, (float)HighFrequencyFactor);
        var wavelength = 2 * MathF.PI / frequency;
        if (wavelength > original / low) return frequency / factor;
        if (wavelength < original / high) return frequency;
        var smooth = (original / wavelength - low) / (high - low);
        return (1 - smooth) * (frequency / factor) + smooth * frequency;
    }

    /// <summary>
    /// Reads transformers v5's <c>rope_parameters</c> or the older pair <c>rope_theta</c>, <c>rope_scaling</c>. A file that has both
    /// must mean the same by them.
    /// </summary>
    internal static RopeConfig Read(ConfigReader config)
    {
        var hasOlder = config.Has("rope_theta") | config.Has("rope_scaling");
        var older = ReadScaling(config.Object("rope_scaling"), config.Double("rope_theta", 10_000));
        if (config.Object("rope_parameters") is not { } parameters) return older;
        var newer = ReadScaling(parameters, parameters.Double("rope_theta", 10_000));
        if (hasOlder && newer != older)
            throw Fault.Input($"{config.Source}: rope_parameters and rope_theta/rope_scaling disagree: {newer} against {older}.");
        return newer;
    }

    /// <summary>Writes the older pair, which every version of transformers reads.</summary>
    internal void Write(JsonObject config)
    {
        config["rope_theta"] = Theta;
        config["rope_scaling"] = Scaling switch
        {
            RopeScaling.None => null,
            RopeScaling.Linear => new JsonObject { ["rope_type"] = "linear", ["factor"] = Factor },
            RopeScaling.Llama3 => new JsonObject
            {
                ["rope_type"] = "llama3",
                ["factor"] = Factor,
                ["low_freq_factor"] = LowFrequencyFactor,
                ["high_freq_factor"] = HighFrequencyFactor,
                ["original_max_position_embeddings"] = (long)OriginalPositions,
            },
            _ => Fault.Unreachable<JsonNode>(Scaling),
        };
    }

    static RopeConfig ReadScaling(ConfigReader? scaling, double theta)
    {
        if (scaling is null) return new(theta);
        // "type" is the older spelling; files converted by newer versions carry both.
        var type = scaling.String("rope_type", scaling.String("type", "default"));
        if (scaling.String("type", type) != type) throw Fault.Input($"{scaling.Source}: rope_type and type disagree.");
        var rope = type switch
        {
            "default" => new RopeConfig(theta),
            "linear" => new RopeConfig(theta, RopeScaling.Linear, scaling.Double("factor")),
            "llama3" => new RopeConfig(theta, RopeScaling.Llama3, scaling.Double("factor"),
                scaling.Double("low_freq_factor"), scaling.Double("high_freq_factor"),
                scaling.Int("original_max_position_embeddings")),
            _ => throw Fault.Input($"{scaling.Source}: the rope type {Printable.Quote(type)} is not supported; known are default, linear, llama3."),
        };
        scaling.Ignore("rope_theta");
        scaling.Finish();
        return rope;
    }
}
