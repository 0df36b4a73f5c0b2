using System.Diagnostics;
using System.Runtime.Versioning;
using Grafting.Tests.Support;

namespace Grafting.Tests.Cli;

/// <summary>
/// The launcher in a repository of its own, whose set-up only writes down that it was called and whose program echoes; the real set-up
/// and build are what brought these tests to run.
/// </summary>
[SupportedOSPlatform("linux")]
public class LauncherTests
{
    const string Program = "artifacts/bin/Grafting.Cli/release/graft";

    TempFolder _folder = null!;

    [SetUp]
    public void Make_a_repository_that_was_built()
    {
        _folder = new TempFolder();
        foreach (var name in (string[])["graft", "eng/lib.sh"])
        {
            Script(name, File.ReadAllText(Path.Combine(Shared.RepositoryRoot(), name)));
        }

        foreach (var name in (string[])["Grafting.Core", "Surrogates", "Recipes", "Grafting.Cli", "Grafting.LibTorch"])
        {
            _folder.Write($"{name}/Source.cs", "");
        }

        foreach (var name in (string[])["Directory.Build.props", "Directory.Packages.props", "global.json", "artifacts/provider.props"])
        {
            _folder.Write(name, "");
        }

        Script("eng/setup", "#!/bin/bash\necho set-up >&2\necho stray\nexit ${SETUP_STATUS-0}\n");
        Script(Program, "#!/bin/bash\necho \"program: $DOTNET_ROOT $*\"\nexit 7\n");
        _folder.Write("artifacts/setup/graft.built", "system|false||/usr/share/dotnet\n");
    }

    [TearDown]
    public void Remove_it() => _folder.Dispose();

    [Test]
    public void A_second_start_only_starts_the_program()
    {
        var (code, output, error) = Start("doctor", "two words");
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(7));
            Assert.That(output, Is.EqualTo("program: /usr/share/dotnet doctor two words\n"));
            Assert.That(error, Is.Empty);
        });
    }

    [Test]
    public void It_starts_through_a_link_too()
    {
        File.CreateSymbolicLink(_folder["link"], _folder["graft"]);
        Assert.That(Run(_folder["link"], [], []).Output, Does.StartWith("program:"));
    }

    [TestCase("Grafting.Core/Source.cs")]
    [TestCase("Grafting.LibTorch/native/new.cpp")]
    [TestCase("Directory.Packages.props")]
    public void A_changed_source_asks_for_a_build(string source)
    {
        _folder.Write(source, "changed");
        File.SetLastWriteTimeUtc(_folder[source], DateTime.UtcNow.AddSeconds(10));
        var (_, output, error) = Start();
        Assert.Multiple(() =>
        {
            Assert.That(error, Is.EqualTo("set-up\nstray\n"));
            Assert.That(output, Does.StartWith("program:").And.Not.Contain("stray"), "standard output belongs to the program");
        });
    }

    [Test]
    public void A_removed_source_asks_for_a_build()
    {
        var stamp = File.GetLastWriteTimeUtc(_folder["artifacts/setup/graft.built"]);
        File.Delete(_folder["Recipes/Source.cs"]);
        Directory.SetLastWriteTimeUtc(_folder["Recipes"], stamp.AddSeconds(10));
        Assert.That(Start().Error, Does.StartWith("set-up"));
    }

    [TestCase("GRAFT_TORCH", "torchsharp", true)]
    [TestCase("GRAFT_TORCH", "system", false)]
    [TestCase("GRAFT_CUDA", "true", true)]
    [TestCase("GRAFT_LIBTORCH", "/opt/libtorch", true)]
    public void Another_wish_asks_for_a_build(string variable, string value, bool asks) =>
        Assert.That(Run(_folder["graft"], [], [(variable, value)]).Error, asks ? Does.StartWith("set-up") : Is.Empty);

    [Test]
    public void A_set_up_that_fails_ends_with_5_and_one_document()
    {
        File.Delete(_folder["artifacts/setup/graft.built"]);
        var (code, output, _) = Run(_folder["graft"], ["doctor", "--json"], [("SETUP_STATUS", "5")]);
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(5));
            Assert.That(new CliRun(code, output, "").Json().GetProperty("schema").GetString(), Is.EqualTo("graft.error/1"));
        });
    }

    [TestCase("graft")]
    [TestCase("test")]
    [TestCase(".ci/run")]
    [TestCase("eng/setup")]
    [TestCase("eng/lib.sh")]
    [TestCase("eng/packages.sh")]
    [TestCase("eng/provider.sh")]
    public void Every_script_is_valid_bash(string script) =>
        Assert.That(Run("bash", ["-n", Path.Combine(Shared.RepositoryRoot(), script)], []).Error, Is.Empty);

    void Script(string name, string text)
    {
        var path = _folder.Write(name, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    (int Code, string Output, string Error) Start(params string[] arguments) => Run(_folder["graft"], arguments, []);

    static (int Code, string Output, string Error) Run(string file, string[] arguments, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in (string[])["GRAFT_TORCH", "GRAFT_CUDA", "GRAFT_LIBTORCH", "DOTNET_ROOT"]) start.Environment.Remove(name);
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
