using System.Globalization;
using System.Text;

namespace Grafting.Core.Data;

/// <summary>Why a sample cannot be used.</summary>
public enum BadSampleReason
{
    /// <summary>Not an object of the expected form.</summary>
    Malformed,

    /// <summary>No turns at all.</summary>
    NoConversation,

    /// <summary>No user turn that is answered.</summary>
    NoAnswer,

    /// <summary>Not as many placeholders as pictures.</summary>
    Placeholder,

    /// <summary>A picture's path leads out of the images folder.</summary>
    PictureOutside,

    /// <summary>A picture is not there, or is a folder or empty.</summary>
    MissingPicture,

    /// <summary>A picture is there and cannot be decoded.</summary>
    DamagedPicture,

    /// <summary>The same record stands in the file twice.</summary>
    Repeated,
}

/// <param name="Where">Which sample: its line or its picture, and its id.</param>
public sealed record BadSample(string Where, BadSampleReason Reason, string Detail)
{
    public override string ToString() => $"{Where}: {Detail}";
}

/// <summary>Counts and names unusable samples, and stops the run beyond the budget. Safe for concurrent use.</summary>
/// <param name="source">The data file, for the message.</param>
/// <param name="budget">Tolerated share of the file's samples, rounded down to a number of them.</param>
public sealed class BadSampleLog(string source, double budget)
{
    /// <summary>One in a thousand, so that in a small set the first one is an error.</summary>
    public const double DefaultBudget = 0.001;

    const int Named = 1000, NamedInMessage = 5;

    readonly Lock _lock = new();
    readonly HashSet<string> _known = new(StringComparer.Ordinal);
    readonly List<BadSample> _first = [];
    readonly SortedDictionary<BadSampleReason, int> _counts = [];
    int? _total;

    /// <summary>Hears of every sample that was not known before, one after another; null: nobody does.</summary>
    public Action<BadSample>? Found { get; set; }

    /// <summary>Unusable samples so far; one that is met again in a later epoch counts once.</summary>
    public int Count { get { lock (_lock) return _known.Count; } }

    /// <summary>The first thousand.</summary>
    public IReadOnlyList<BadSample> First { get { lock (_lock) return [.. _first]; } }

    public IReadOnlyDictionary<BadSampleReason, int> ByReason { get { lock (_lock) return new Dictionary<BadSampleReason, int>(_counts); } }

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>, beyond the budget, once the total is known.</exception>
    public void Add(BadSample bad)
    {
        lock (_lock)
        {
            if (_known.Add(bad.Where))
            {
                _counts[bad.Reason] = _counts.GetValueOrDefault(bad.Reason) + 1;
                if (_first.Count < Named) _first.Add(bad);
                Found?.Invoke(bad);
            }
            // Also for one that is known: of several workers that meet it, every one has to stop.
            Check();
        }
    }

    /// <param name="total">Samples of the file, the unusable ones included.</param>
    /// <exception cref="GraftException">As <see cref="Add"/>.</exception>
    public void SetTotal(int total)
    {
        lock (_lock)
        {
            _total = total;
            Check();
        }
    }

    void Check()
    {
        if (_total is not { } total) return;
        // As it was written: in binary, 29 % of 100 would be 28.
        int allowed = (int)((decimal)budget * total);
        if (_known.Count <= allowed) return;
        var message = new StringBuilder();
        message.Append(CultureInfo.InvariantCulture, $"{source}: {_known.Count} of {total} samples cannot be used; ");
        message.Append(
            CultureInfo.InvariantCulture, $"{(allowed == 0 ? "none" : $"at most {allowed}")} may be skipped ({100 * budget:0.####} %):");
        foreach (var bad in _first.Take(NamedInMessage)) message.Append(CultureInfo.InvariantCulture, $"\n  {bad}");
        if (_known.Count > NamedInMessage) message.Append(CultureInfo.InvariantCulture, $"\n  and {_known.Count - NamedInMessage} more");
        throw Fault.Input(
            message.ToString(), "Repair or remove them, or allow more: data.maxBadSamples in the recipe, a fraction of the samples.");
    }
}
