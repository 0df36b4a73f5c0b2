using System.CommandLine;
using System.CommandLine.Help;

namespace Grafting.Cli.Help;

/// <summary>What the user can see of a command; help pages, their JSON form and the approved command tree are all made of it.</summary>
sealed record CommandShape(
    string Path,
    string Description,
    string Usage,
    IReadOnlyList<InputShape> Arguments,
    IReadOnlyList<InputShape> Options,
    IReadOnlyList<InputShape> GlobalOptions,
    IReadOnlyList<ChildShape> Commands,
    IReadOnlyList<Example> Examples)
{
    public static CommandShape Of(Command command)
    {
        var path = PathOf(command);
        var arguments = command.Arguments.Where(a => !a.Hidden).Select(InputShape.Of).ToArray();
        var options = command.Options.Where(o => !o.Hidden && !o.Recursive).Select(InputShape.Of).ToArray();
        var global = Ancestors(command).SelectMany(c => c.Options).Where(o => !o.Hidden && o.Recursive).Select(InputShape.Of).ToArray();
        var children = command.Subcommands.Where(c => !c.Hidden).Select(c => new ChildShape(c.Name, c.Description ?? "")).ToArray();
        var usage = string.Join(' ', new[] { path, children.Length > 0 ? "<command>" : "" }
            .Concat(arguments.Select(a => a.Required ? $"<{a.Name}>" : $"[<{a.Name}>]"))
            .Append("[options]")
            .Where(part => part.Length > 0));
        var examples = command switch { GraftCommand one => one.Examples, CommandGroup group => group.Examples, _ => [] };
        return new CommandShape(path, command.Description ?? "", usage, arguments, options, global, children, examples);
    }

    // The parser names the root after the file that runs, which is another one in tests.
    static string PathOf(Command command) =>
        string.Join(' ', Ancestors(command).Reverse().Select(c => c is RootCommand ? "graft" : c.Name));

    static IEnumerable<Command> Ancestors(Command command)
    {
        for (var c = command; c is not null; c = c.Parents.OfType<Command>().FirstOrDefault()) yield return c;
    }
}

/// <param name="Value">What stands for the value in the help, e.g. "folder"; null for a switch.</param>
/// <param name="Default">Value taken when nothing is given; null where there is none or the description tells.</param>
sealed record InputShape(
    string Name, IReadOnlyList<string> Aliases, string? Value, string Description, string? Default, bool Required, bool Many)
{
    public static InputShape Of(Option option)
    {
        var isSwitch = option.ValueType == typeof(bool) || option is HelpOption;
        return new InputShape(
            option.Name,
            [.. option.Aliases.Order(StringComparer.Ordinal)],
            isSwitch ? null : option.HelpName ?? option.Name.TrimStart('-'),
            option.Description ?? "",
            isSwitch || !option.HasDefaultValue ? null : Text(option.GetDefaultValue()),
            option.Required,
            option.Arity.MaximumNumberOfValues > 1);
    }

    public static InputShape Of(Argument argument) => new(
        argument.Name,
        [],
        argument.Name,
        argument.Description ?? "",
        argument.HasDefaultValue ? Text(argument.GetDefaultValue()) : null,
        argument.Arity.MinimumNumberOfValues > 0 && !argument.HasDefaultValue,
        argument.Arity.MaximumNumberOfValues > 1);

    static string? Text(object? value) => value is null ? null : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture);
}

sealed record ChildShape(string Name, string Description);

/// <param name="Line">What to type.</param>
/// <param name="Purpose">What it does.</param>
sealed record Example(string Line, string Purpose);
