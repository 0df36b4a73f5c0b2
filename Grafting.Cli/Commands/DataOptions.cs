using System.CommandLine;

namespace Grafting.Cli.Commands;

/// <summary>How data files are named.</summary>
static class DataOptions
{
    const string Forms = "files, folders or patterns such as 'train-{000..146}.tar', of LLaVA's, ShareGPT's or OpenAI's JSON, WebDataset, "
        + "Parquet, or folders by class, told by their content";

    /// <param name="what">What they hold.</param>
    /// <param name="otherwise">What is read without the option.</param>
    /// <param name="names">Of the option, the first with two dashes.</param>
    public static Option<string[]> Samples(string what, string otherwise, params string[] names) =>
        Several($"{what}: {Forms}", otherwise, names);

    /// <summary>Samples beside those of <see cref="Samples"/>, which says in what forms.</summary>
    /// <inheritdoc cref="Samples"/>
    public static Option<string[]> More(string what, string otherwise, params string[] names) =>
        Several($"{what}, in the same forms", otherwise, names);

    /// <param name="description">Of the option.</param>
    /// <inheritdoc cref="Samples"/>
    public static Option<string[]> Several(string description, string otherwise, params string[] names) => new(names[0], names[1..])
    {
        Description = $"{description} [default: {otherwise}]",
        HelpName = "file",
        AllowMultipleArgumentsPerToken = true,
    };

    public static Option<string?> Images() =>
        new("--images", "-i")
        {
            Description = "Folder from which picture names start [default: that of the data file]",
            HelpName = "folder",
        };

    /// <summary>Samples that have to be named.</summary>
    public static Argument<string[]> Required(string name) =>
        new(name) { Description = $"Samples: {Forms}", Arity = ArgumentArity.OneOrMore };
}
