using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Grafting.Cli.Errors;

namespace Grafting.Cli.Help;

/// <summary>What is wrong with a command line that cannot be parsed, and what may have been meant.</summary>
static partial class UsageHelp
{
    const int FurthestTypo = 3;

    /// <summary>Null where the line is right.</summary>
    public static Failure? Complaint(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        var unknown = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        if (parsed.Action is HelpPageAction)
        {
            // "graft doctr --help" deserves a correction rather than the list of everything.
            var isGroup = parsed.CommandResult.Command.Subcommands.Count > 0;
            return isGroup && unknown?.StartsWith('-') == false ? Unknown(parsed, unknown) : null;
        }

        // Asked first, because a word that is no command also makes "a command is required"; one complaint is enough.
        if ((unknown ?? StrayOption(parsed, arguments)) is { } word) return Unknown(parsed, word);
        return parsed.Errors.Count == 0 ? null : Failure.Usage(Message(parsed.Errors[0]), PointToHelp(parsed));
    }

    /// <summary>The parser takes an option that it does not know for the value of an argument, where the command has one.</summary>
    /// <remarks>After a lone "--" anything may stand.</remarks>
    static string? StrayOption(ParseResult parsed, IReadOnlyList<string> arguments) =>
        arguments.Contains("--") ? null : parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value)
            .FirstOrDefault(value => value.StartsWith("--", StringComparison.Ordinal));

    /// <summary>The parser's words, except where it names .NET types.</summary>
    static string Message(ParseError error)
    {
        var result = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        if (result is { Tokens: [var token], Option: var option }
            && error.Message.StartsWith("Cannot parse argument", StringComparison.Ordinal))
        {
            var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
            return $"{option.Name} is '{token.Value}'; it must be {(type == typeof(double) ? "a number" : "a whole number")}.";
        }

        var message = WhiteSpace().Replace(error.Message, " ");
        return result is null || message.Contains(result.Option.Name, StringComparison.Ordinal)
            ? message
            : $"{result.Option.Name}: {message}";
    }

    static Failure Unknown(ParseResult parsed, string word)
    {
        var command = parsed.CommandResult.Command;
        var path = CommandShape.Of(command).Path;
        var message = word.StartsWith('-') ? $"'{word}' is not an option of {path}."
            : command.Subcommands.Count > 0 ? $"'{word}' is not a command of {path}."
            : $"'{word}' is one argument too many for {path}.";
        var meant = Near(word, Known(parsed, word)).ToArray();
        return Failure.Usage(message, (meant.Length > 0 ? $"Did you mean {string.Join(" or ", meant)}? " : "") + PointToHelp(parsed));
    }

    static string PointToHelp(ParseResult parsed) => $"'{CommandShape.Of(parsed.CommandResult.Command).Path} --help' lists what there is.";

    static IEnumerable<string> Known(ParseResult parsed, string word)
    {
        var command = parsed.CommandResult.Command;
        var options = command.Options.Concat(parsed.RootCommandResult.Command.Options.Where(o => o.Recursive)).Where(o => !o.Hidden);
        return word.StartsWith('-')
            ? options.Select(o => o.Name).Distinct()
            : command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);
    }

    static IEnumerable<string> Near(string typo, IEnumerable<string> known) =>
        from word in known
        let distance = Distance(typo, word)
        where distance <= Math.Min(FurthestTypo, word.Length / 2)
        orderby distance, word
        select $"'{word}'";

    /// <summary>Letters to insert, delete, replace or swap with their neighbour (restricted Damerau-Levenshtein).</summary>
    static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replaced, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
