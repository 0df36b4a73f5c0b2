namespace Grafting.Core.Data.Records;

/// <summary>What reading a record gave: the sample, or why it cannot be used.</summary>
readonly record struct Reading(Sample? Sample, BadSampleReason Reason, string Detail)
{
    public static Reading Bad(BadSampleReason reason, string detail) => new(null, reason, detail);
}
