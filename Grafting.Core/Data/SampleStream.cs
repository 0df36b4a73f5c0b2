namespace Grafting.Core.Data;

/// <summary>
/// Samples one after another, about as they stand in their files, mixed by a buffer, and shared with other processes. The same state goes
/// on with the same samples. Not safe for concurrent use: workers that read ahead take a <see cref="BufferedOrder"/>, which gives the same
/// order.
/// </summary>
/// <param name="samples">Read one at a time, when they leave the buffer.</param>
/// <param name="order">Of as many samples, at its beginning or from a saved state. Every process draws from one of the same state.</param>
/// <param name="shard">Which of the drawn samples are this process's.</param>
public sealed class SampleStream(IReadOnlyList<Sample> samples, ShuffleBuffer order, RankShard shard)
{
    /// <summary>Between two samples; with it <see cref="ShuffleBuffer.From"/> makes the order that goes on.</summary>
    public ShuffleState State => order.State;

    public Sample Next()
    {
        var own = -1;
        for (var rank = 0; rank < shard.World; rank++)
        {
            var drawn = order.Next();
            if (rank == shard.Rank) own = drawn;
        }
        return samples[own];
    }
}
