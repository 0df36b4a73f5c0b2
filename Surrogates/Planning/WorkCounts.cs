namespace Grafting.Surrogates.Planning;

/// <summary>What passes through a model: of one sample in a plan, of a whole stage in a ledger.</summary>
/// <param name="Positions">Of the decoder, those of pictures included and padding not.</param>
/// <param name="Pairs">
/// Sum over samples of their squared length: what attention compares. The half that causality hides counts, as is usual.
/// </param>
/// <param name="Predicted">Positions whose output is a supervised token; only these pass through the head.</param>
/// <param name="Pictures">Squares through tower and adapter: pictures, and their tiles where they are cut into such.</param>
public sealed record WorkCounts(double Positions, double Pairs, double Predicted, double Pictures)
{
    public static WorkCounts None { get; } = new(0, 0, 0, 0);

    public static WorkCounts operator +(WorkCounts a, WorkCounts b) =>
        new(a.Positions + b.Positions, a.Pairs + b.Pairs, a.Predicted + b.Predicted, a.Pictures + b.Pictures);

    public static WorkCounts operator *(WorkCounts a, double times) =>
        new(a.Positions * times, a.Pairs * times, a.Predicted * times, a.Pictures * times);
}
