using System.Text.RegularExpressions;

namespace Grafting.Core.Models;

/// <summary>
/// The names of a module's parameters against the names in a checkpoint, both directions. A rule maps a module or a single
/// parameter; <c>{n}</c> stands for a layer number, and a trailing <c>.weight</c> or <c>.bias</c> is carried over. Ignored patterns
/// name tensors that are left out on purpose; <c>*</c> stands for anything. Copies name tensors that may be there if they repeat
/// another one exactly.
/// </summary>
public sealed class KeyMap
{
    readonly (string Ours, string Theirs)[] _rules;
    readonly string[] _ignored;
    readonly (string Copy, string Original)[] _copies;

    public KeyMap(
        IEnumerable<(string Ours, string Theirs)> rules,
        IEnumerable<string>? ignored = null,
        IEnumerable<(string Copy, string Original)>? copies = null)
    {
        _rules = [.. rules];
        _ignored = [.. ignored ?? []];
        _copies = [.. copies ?? []];
    }

    /// <returns>The checkpoint's name of one of our parameters, or null when no rule covers it.</returns>
    public string? ToTheirs(string ours) => Translate(ours, _rules.Select(r => (From: r.Ours, To: r.Theirs)));

    /// <returns>Our name of a checkpoint's tensor, or null when no rule covers it.</returns>
    public string? ToOurs(string theirs) => Translate(theirs, _rules.Select(r => (From: r.Theirs, To: r.Ours)));

    /// <summary>Whether a checkpoint's tensor is left out on purpose.</summary>
    public bool Ignores(string theirs) => _ignored.Any(pattern => Match(pattern, theirs, leaf: false).Success);

    /// <returns>The name of the tensor that this one must repeat, or null.</returns>
    public string? OriginalOf(string theirs) => Array.Find(_copies, c => c.Copy == theirs).Original;

    /// <summary>The same map one level deeper: both sides get a prefix (with its dot), e.g. "tower." and "vision_tower.".</summary>
    public KeyMap Under(string ours, string theirs) => new(
        _rules.Select(r => (ours + r.Ours, theirs + r.Theirs)),
        _ignored.Select(pattern => theirs + pattern),
        _copies.Select(c => (theirs + c.Copy, theirs + c.Original)));

    public KeyMap With(KeyMap other) =>
        new(_rules.Concat(other._rules), _ignored.Concat(other._ignored), _copies.Concat(other._copies));

    public KeyMap Ignoring(params IEnumerable<string> patterns) => new(_rules, _ignored.Concat(patterns), _copies);

    /// <summary>
    /// The same map for a checkpoint in which modules stand elsewhere: beginnings of its names are exchanged, the first that fits.
    /// </summary>
    public KeyMap Rerooted(params (string From, string To)[] roots)
    {
        return new(
            _rules.Select(r => (r.Ours, Move(r.Theirs))), _ignored.Select(Move), _copies.Select(c => (Move(c.Copy), Move(c.Original))));

        string Move(string name)
        {
            foreach (var (from, to) in roots)
                if (name.StartsWith(from, StringComparison.Ordinal)) return to + name[from.Length..];
            return name;
        }
    }

    static string? Translate(string name, IEnumerable<(string From, string To)> rules)
    {
        foreach (var (from, to) in rules)
        {
            if (Match(from, name, leaf: true) is { Success: true } match)
                return to.Replace("{n}", match.Groups["n"].Value, StringComparison.Ordinal) + match.Groups["leaf"].Value;
        }
        return null;
    }

    static Match Match(string pattern, string name, bool leaf)
    {
        var body = Regex.Escape(pattern)
            .Replace(@"\{n}", @"(?<n>0|[1-9][0-9]*)", StringComparison.Ordinal)
            .Replace(@"\*", ".*", StringComparison.Ordinal);
        return Regex.Match(name, $@"\A{body}{(leaf ? @"(?<leaf>\.weight|\.bias)?" : "")}\z", RegexOptions.CultureInvariant);
    }
}
