namespace Grafting.Tests.Models;

/// <summary>The fixtures of decoders and how far from them a float32 run may be.</summary>
static class DecoderFixtures
{
    /// <summary>
    /// Five times the difference between float32 and float64 runs of the reference (or between it and a second implementation, if that is
    /// larger), rounded up: fixtures README, table "Decoders". Gradients are relative to the largest gradient.
    /// </summary>
    public static IReadOnlyDictionary<string, (double Logits, double Hidden, double Gradient)> Tolerances { get; } =
        new Dictionary<string, (double Logits, double Hidden, double Gradient)>
        {
            ["llama_gqa"] = (5e-4, 2e-4, 5e-5),
            ["llama2_mha"] = (5e-4, 2e-4, 5e-5),
            ["llama3_rope"] = (2e-4, 2e-4, 2e-5),
            ["llama3_tied"] = (5e-4, 1e-4, 2e-5),
            ["llama_bf16"] = (5e-4, 2e-4, 5e-5),
            ["llama_bias"] = (1e-4, 5e-5, 1e-5),
            ["mistral_sw"] = (5e-4, 2e-4, 5e-5),
            ["mistral_nemo"] = (5e-4, 2e-4, 5e-5),
            ["qwen2"] = (1e-4, 1e-4, 2e-5),
            ["qwen3"] = (2e-4, 1e-4, 1e-5),
            ["gemma2"] = (5e-4, 1e-3, 5e-5),
            ["gemma3_text"] = (5e-4, 5e-4, 1e-4),
        };

    public const double Loss = 1e-5;

    /// <summary>Relative to the tensor's largest entry; float32 against float64 differ by up to 6.3e-6 (fixtures README).</summary>
    public const double ParameterGradient = 1e-4;

    public static string[] Families => [.. Tolerances.Keys];
}
