namespace Grafting.Core.Training;

/// <summary>
/// Parameters that a stage trains, with a learning rate of their own: a named part of the model, or all whose names match.
/// </summary>
public sealed record TrainedPart
{
    /// <summary>
    /// <c>adapter</c>, <c>boundary</c>, <c>tower</c>, <c>tower-norm</c> (the tower's last norm), <c>translator</c>, <c>decoder</c> or
    /// <c>lora</c> (the adapters of low rank beside the decoder's matrices).
    /// </summary>
    public string? Part { get; init; }

    /// <summary>
    /// In place of a part: canonical parameter names (<c>encoder.…</c>, <c>decoder.…</c>), with <c>*</c> for any text, e.g.
    /// <c>encoder.tower.*.attention.*</c>.
    /// </summary>
    public string? Match { get; init; }

    /// <summary>Factor on the stage's learning rate; a translator wants far less than an adapter.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>Only the last so many blocks of the tower; null means all of it, with its embeddings and norms.</summary>
    public int? LastBlocks { get; init; }

    /// <summary>How the part is called in reports.</summary>
    public string Describe() => Part ?? Match!;

    /// <exception cref="GraftException">Usage, naming the value.</exception>
    public TrainedPart Validate()
    {
        if (Part is null == Match is null) throw Fault.Usage("an entry of 'train' needs either 'part' or 'match'.");
        Fault.IfOutside(Rate, 0, 1e6);
        Fault.IfOutside(LastBlocks ?? 1, 1, 10_000, nameof(LastBlocks));
        return this;
    }
}
