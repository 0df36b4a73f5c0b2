namespace Grafting.Core.Models.Lora;

/// <summary>
/// Adapters of low rank beside frozen matrices (Hu et al., arXiv 2106.09685); the defaults are those of arXiv 2505.22664.
/// </summary>
public sealed record LoraConfig
{
    /// <summary>Inner width of each adapter.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>The adapter's output is scaled by alpha / rank.</summary>
    public double Alpha { get; init; } = 32;

    /// <summary>Chance with which an input of an adapter is dropped in training.</summary>
    public double Dropout { get; init; } = 0.05;

    /// <summary>Matrices by their Hugging Face names.</summary>
    public IReadOnlyList<string> Targets { get; init; } = ["q_proj", "v_proj"];

    /// <summary>Factor on an adapter's output.</summary>
    internal double Scale => Alpha / Rank;

    /// <exception cref="GraftException">Usage, naming the value.</exception>
    public LoraConfig Validate()
    {
        Fault.IfOutside(Rank, 1, 4096);
        Fault.IfOutside(Alpha, 1e-6, 1e6);
        Fault.IfOutside(Dropout, 0, 0.99);
        if (Targets.Count == 0) throw Fault.Usage("lora.targets is empty.", "Name matrices, e.g. q_proj and v_proj.");
        if (Targets.Distinct(StringComparer.Ordinal).Count() < Targets.Count) throw Fault.Usage("lora.targets names a matrix twice.");
        return this;
    }
}
