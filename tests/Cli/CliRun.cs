using System.Text.Json;
using Grafting.Cli;
using Grafting.Cli.Rendering;
using Grafting.Core.Running;

namespace Grafting.Tests.Cli;

/// <summary>One run of the command line inside the test's process.</summary>
sealed record CliRun(int Code, string Output, string Error)
{
    public static CliRun Of(params string[] arguments) => Of([], arguments);

    public static CliRun Of(GraftCommand[] more, params string[] arguments) => Run(_ => null, more, arguments);

    /// <param name="variable">Environment variables beside those that every run has.</param>
    public static CliRun With(Func<string, string?> variable, params string[] arguments) => Run(variable, [], arguments);

    static CliRun Run(Func<string, string?> variable, GraftCommand[] more, string[] arguments)
    {
        using var stop = new StopRequest();
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = HostOf(output, error, stop) with { Variable = name => variable(name) ?? Variable(name) };
        var code = new CommandLine(host, more).Run(arguments);
        return new CliRun(code, output.ToString(), error.ToString());
    }

    public static CliHost HostOf(TextWriter output, TextWriter error, StopRequest stop) =>
        new(output, error, Terminal.File, Terminal.File, Variable, TimeProvider.System, stop, Exit: null);

    /// <summary>An environment of our own, so that no test depends on the machine's; what is written goes beside the tests.</summary>
    static string? Variable(string name) => name switch
    {
        "XDG_STATE_HOME" => Path.Combine(TestContext.CurrentContext.WorkDirectory, "state"),
        "HF_HUB_CACHE" => Path.Combine(TestContext.CurrentContext.WorkDirectory, "no-hub-cache"),
        _ => null,
    };

    /// <summary>Fails unless standard output is exactly one JSON document with the fields that every document has.</summary>
    public JsonElement Json()
    {
        using var document = JsonDocument.Parse(Output);
        var root = document.RootElement.Clone();
        Assert.That(root.GetProperty("schema").GetString(), Does.Match(@"^graft\.[a-z.-]+/\d+$"));
        Assert.That(root.GetProperty("ok").GetBoolean(), Is.EqualTo(Code == 0));
        return root;
    }
}
