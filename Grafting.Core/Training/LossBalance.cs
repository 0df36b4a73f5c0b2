namespace Grafting.Core.Training;

/// <summary>
/// Gives short answers about pictures more weight in the loss (arXiv 2505.22664, A.11): an answer of n tokens weighs
/// (ln(n+1) / ln(n_max+1))^-order, never below 1; text-only samples weigh 1. The loss is the weighted sum over the unweighted number of
/// tokens, so that it grows where answers are short.
/// </summary>
/// <remarks>
/// n counts the supervised tokens of one answer and its end token; n_max is that of the step. Labels of the template (special tokens, the
/// line break before an answer) count nowhere and keep their weight. An answer of a text-only sample counts as one token.
/// </remarks>
public sealed record LossBalance
{
    /// <summary>How strongly; 1 is the paper's.</summary>
    public double Order { get; init; } = 1;

    /// <summary>Divides the weights by their mean before the floor of 1 is applied.</summary>
    public bool Normalise { get; init; }

    /// <summary>
    /// The published code's form: n_max and the mean are those of the micro-batch, so that the result depends on how a step is split; what
    /// is counted and weighed reaches from behind one labelled end token to the next, masked positions, pictures and padding to the longest
    /// conversation included, since it looks for padding by another value than the labels are padded with.
    /// </summary>
    public bool Compat { get; init; }

    public LossBalance Validate()
    {
        Fault.IfOutside(Order, 0, 10);
        return this;
    }
}
