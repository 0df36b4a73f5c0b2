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

    /// <summary>Picture and placeholder do not go together.</summary>
    Placeholder,

    /// <summary>The picture's path leads out of the images folder.</summary>
    PictureOutside,

    /// <summary>There is no such picture, or it is a folder or empty.</summary>
    MissingPicture,

    /// <summary>The picture is there and cannot be decoded.</summary>
    DamagedPicture,

    /// <summary>The same record stands in the file twice.</summary>
    Repeated,
}

/// <param name="Where">Which sample: its line or its picture, and its id.</param>
public sealed record BadSample(string Where, BadSampleReason Reason, string Detail)
{
    public override string ToString() => $"{Where}: {Detail}";
}

/// <summary>How many unusable samples are tolerated: a number, or a share of the samples rounded down.</summary>
/// <remarks>The default is one in a thousand, so that in a small set the first one is an error.</remarks>
public readonly record struct BadSampleBudget
{
    BadSampleBudget(int? count, double share) => (Count, Share) = (count, share);

    public static BadSampleBudget Default { get; } = OfShare(0.001);

    public int? Count { get; }

    public double Share { get; }

    public static BadSampleBudget OfCount(int count)
    {
        Fault.IfOutside(count, 0, int.MaxValue);
        return new(count, 0);
    }

    public static BadSampleBudget OfShare(double share)
    {
        Fault.IfOutside(share, 0, 1);
        return new(null, share);
    }

    /// <param name="text">"12", or "0.5%".</param>
    public static BadSampleBudget Parse(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.EndsWith('%') && double.TryParse(trimmed[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double percent) && percent is >= 0 and <= 100)
            return OfShare(percent / 100);
        if (int.TryParse(trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out int count)) return OfCount(count);
        throw Fault.Usage($"'{text}' is no allowance for unusable samples.", "Give a number such as 12, or a share such as 0.5%.");
    }

    public int Of(int total) => Count ?? (int)(Share * total);

    public override string ToString() =>
        Count is { } count ? count.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{100 * Share:0.####}%");
}

/// <summary>Counts and names unusable samples, and stops the run beyond the budget. Safe for concurrent use.</summary>
/// <param name="source">The data file, for the message.</param>
public sealed class BadSampleLog(string source, BadSampleBudget budget)
{
    const int Named = 100, NamedInMessage = 5;

    readonly Lock _lock = new();
    readonly HashSet<string> _known = new(StringComparer.Ordinal);
    readonly List<BadSample> _first = [];
    readonly SortedDictionary<BadSampleReason, int> _counts = [];
    int? _total;

    /// <summary>Unusable samples so far; one that is met again in a later epoch counts once.</summary>
    public int Count { get { lock (_lock) return _known.Count; } }

    /// <summary>The first hundred.</summary>
    public IReadOnlyList<BadSample> First { get { lock (_lock) return [.. _first]; } }

    public IReadOnlyDictionary<BadSampleReason, int> ByReason { get { lock (_lock) return new Dictionary<BadSampleReason, int>(_counts); } }

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>, beyond the budget. A share is judged once the total is known.</exception>
    public void Add(BadSample bad)
    {
        lock (_lock)
        {
            if (!_known.Add(bad.Where)) return;
            _counts[bad.Reason] = _counts.GetValueOrDefault(bad.Reason) + 1;
            if (_first.Count < Named) _first.Add(bad);
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
        int? allowed = budget.Count ?? (_total is { } total ? budget.Of(total) : null);
        if (allowed is null || _known.Count <= allowed) return;
        var message = new StringBuilder();
        message.Append(CultureInfo.InvariantCulture, $"{source}: {_known.Count}{(_total is { } all ? $" of {all}" : "")} samples cannot be used; ");
        message.Append(allowed == 0 ? "none may be skipped:" : string.Create(CultureInfo.InvariantCulture, $"at most {allowed} ({budget}) may be skipped:"));
        foreach (var bad in _first.Take(NamedInMessage)) message.Append(CultureInfo.InvariantCulture, $"\n  {bad}");
        if (_known.Count > NamedInMessage) message.Append(CultureInfo.InvariantCulture, $"\n  and {_known.Count - NamedInMessage} more");
        throw Fault.Input(message.ToString(), "Repair or remove them, or allow more with --max-bad-samples (a number, or a share such as 1%).");
    }
}
