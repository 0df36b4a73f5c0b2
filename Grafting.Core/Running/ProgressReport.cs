namespace Grafting.Core.Running;

/// <summary>Where a long job stands. Jobs take an <c>IProgress&lt;ProgressReport&gt;?</c> and may report as often as they like.</summary>
/// <param name="Stage">What is being done, e.g. "stage 1" or "copying"; a new name starts a new bar.</param>
/// <param name="Done">Units done, counted from the start of the stage (a resumed stage starts above 0).</param>
/// <param name="Total">Units in all; 0 where unknown.</param>
/// <param name="Unit">Plural noun: "steps", "samples"; "B" is shown as KB, MB, GB.</param>
/// <param name="Values">Further figures, shown as they are, e.g. ("loss", "1.234").</param>
public readonly record struct ProgressReport(
    string Stage, long Done, long Total, string Unit, params IReadOnlyList<(string Name, string Value)> Values);
