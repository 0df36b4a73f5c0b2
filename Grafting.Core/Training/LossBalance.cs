namespace Grafting.Core.Training;

/// <summary>
/// Gives short answers about pictures more weight in the loss (arXiv 2505.22664, A.11): an answer of n tokens weighs
/// (ln(n+1) / ln(n_max+1))^-order, never below 1; text-only samples weigh 1.
/// </summary>
public sealed record LossBalance
{
    /// <summary>How strongly; 1 is the paper's.</summary>
    public double Order { get; init; } = 1;

    /// <summary>Divides the weights by their mean before the floor of 1 is applied.</summary>
    public bool Normalise { get; init; }

    /// <summary>
    /// The published code's form: n counts masked positions too, since it looks for padding by another value than the labels are padded with,
    /// and n_max is that of the micro-batch, so that the result depends on how a step is split.
    /// </summary>
    public bool Compat { get; init; }

    public LossBalance Validate()
    {
        Fault.IfOutside(Order, 0, 10);
        return this;
    }
}
