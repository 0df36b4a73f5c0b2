namespace Grafting.Core.Training;

/// <summary>
/// Ends a stage early when its validation loss has stopped falling. The stage's result are the weights as they are then, not those of the
/// lowest loss; the learning rate, made for the whole stage, has not come down to 0.
/// </summary>
public sealed record EarlyStop
{
    /// <summary>Validations in a row without a new lowest loss.</summary>
    public required int Patience { get; init; }

    /// <summary>How much lower a loss has to be to count, in nats.</summary>
    public double MinimumGain { get; init; }

    public EarlyStop Validate()
    {
        Fault.IfOutside(Patience, 1, 100_000);
        Fault.IfOutside(MinimumGain, 0, 100);
        return this;
    }
}
