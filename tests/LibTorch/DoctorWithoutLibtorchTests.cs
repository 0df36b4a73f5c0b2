using System.Diagnostics;
using System.Runtime.Versioning;
using Grafting.Tests.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.LibTorch;

/// <summary>The program in a folder without its native library, as after an unfinished build or copy.</summary>
[SupportedOSPlatform("linux")]
public class DoctorWithoutLibtorchTests
{
    const string NativeLibrary = "libgraft_torch.so";

    TempFolder _folder = null!;

    [SetUp]
    public void Copy_the_program()
    {
        _folder = new TempFolder();
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            if (Path.GetFileName(file) != NativeLibrary) File.Copy(file, _folder[Path.GetFileName(file)]);
        }
    }

    [TearDown]
    public void Remove_it() => _folder.Dispose();

    [Test]
    public void Doctor_still_answers_and_says_which_file_is_missing()
    {
        var json = Doctor().Json();
        var tried = json.GetProperty("torch").GetProperty("tried").EnumerateArray().Single();
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("schema").GetString(), Is.EqualTo("graft.doctor/1"));
            Assert.That(json.GetProperty("findings")[0].GetProperty("severity").GetString(), Is.EqualTo("error"));
            Assert.That(tried.GetProperty("path").GetString(), Is.EqualTo(_folder[NativeLibrary]));
            Assert.That(tried.GetProperty("result").GetString(), Is.EqualTo("not there"));
        });
    }

    [Test]
    public void Doctor_repeats_what_the_loader_says_of_a_broken_file()
    {
        _folder.Write(NativeLibrary, "not a library");
        var run = Doctor();
        var result = run.Json().GetProperty("torch").GetProperty("tried")[0].GetProperty("result").GetString();
        Assert.That(result, Does.Contain(NativeLibrary).And.Not.EqualTo("not there"));
        Assert.That(run.Code, Is.EqualTo(5));
    }

    CliRun Doctor()
    {
        var start = new ProcessStartInfo("dotnet", [_folder["graft.dll"], "doctor", "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.Path,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliRun(process.ExitCode, output, error.Result);
    }
}
