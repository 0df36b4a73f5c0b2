namespace Grafting.Core.Running;

/// <summary>What a workspace remembers, one of each.</summary>
public enum ArtefactKind
{
    /// <summary>The cut-down language model.</summary>
    Surrogate,

    /// <summary>A training run with its checkpoints.</summary>
    Run,

    /// <summary>A trained vision encoder.</summary>
    Bundle,

    /// <summary>A bundle plugged into its target.</summary>
    Graft,

    /// <summary>A run that fine-tunes a graft.</summary>
    FineTuning,

    /// <summary>What was measured in a target's layers.</summary>
    Analysis,

    /// <summary>A graft written for other programs.</summary>
    Export,
}
