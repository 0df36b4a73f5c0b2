namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>How the choice of a model is read off its log-likelihoods.</summary>
public enum ChoiceMetric
{
    /// <summary>The choice of the highest log-likelihood.</summary>
    Accuracy,

    /// <summary>The choice of the highest log-likelihood per character.</summary>
    NormalisedAccuracy,
}

public static class ChoiceMetrics
{
    /// <summary>The name under which lm-evaluation-harness reports it.</summary>
    public static string Name(this ChoiceMetric metric) => metric switch
    {
        ChoiceMetric.Accuracy => "acc",
        ChoiceMetric.NormalisedAccuracy => "acc_norm",
        _ => Fault.Unreachable<string>(metric),
    };
}
