using System.CommandLine;

namespace Grafting.Cli.Commands;

/// <summary>How data files are named.</summary>
static class DataOptions
{
    /// <param name="what">What they hold.</param>
    /// <param name="otherwise">What is read without the option.</param>
    /// <param name="names">Of the option, the first with two dashes.</param>
    public static Option<string[]> Samples(string what, string otherwise, params string[] names) => new(names[0], names[1..])
    {
        Description = $"{what}: files, folders or patterns such as 'train-{{000..146}}.tar', of LLaVA's, ShareGPT's or OpenAI's JSON, WebDataset, Parquet, or "
            + $"folders by class, told by their content [default: {otherwise}]",
        HelpName = "file",
        AllowMultipleArgumentsPerToken = true,
    };
}
