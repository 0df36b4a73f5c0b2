using System.Runtime.InteropServices;
using Grafting.Core.Checkpoints;
using Grafting.Core.Imaging;
using TorchSharp;

namespace Grafting.Core.Health;

/// <summary>Examines the installation without changing it. Works where libtorch or the codecs cannot be loaded, and says why.</summary>
public static class Doctor
{
    const long LittleDisk = 2L << 30;

    /// <param name="workspace">Folder of the workspace, whether it exists or not.</param>
    /// <param name="environment">Gives the value of an environment variable, or null.</param>
    public static Diagnosis Examine(string workspace, Func<string, string?> environment)
    {
        var findings = new List<Finding>();
        var torchDiagnosis = TorchProbe.Examine(findings);
        var loaded = torchDiagnosis.Version is not null;
        var devices = loaded ? TorchProbe.Devices(findings) : [];
        var codecs = Codecs(findings);
        var places = new[]
        {
            MachineProbe.Folder("program", AppContext.BaseDirectory.TrimEnd('/')),
            MachineProbe.Folder("workspace", workspace),
            MachineProbe.Folder("hub cache", HubCache.Root(environment)),
        };
        foreach (var place in places.Where(p => p.Name == "workspace" && p.FreeBytes < LittleDisk))
        {
            findings.Add(new Finding(
                Severity.Warning, $"The disk of {place.Path} has less than 2 GB left.", "Choose a workspace elsewhere with --workspace."));
        }

        return new Diagnosis(
            ArtefactManifest.ProgramVersion,
            RuntimeInformation.FrameworkDescription,
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}",
            torchDiagnosis,
            devices,
            codecs,
            MachineProbe.Examine(loaded ? torch.get_num_threads() : null),
            places,
            findings);
    }

    static IReadOnlyList<CodecInfo> Codecs(List<Finding> findings)
    {
        try
        {
            return ImageReader.Codecs();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            findings.Add(new Finding(
                Severity.Error, $"Pictures cannot be read: {e.Message.Split('\n')[0]}",
                "Install the codecs (Debian: apt-get install libjpeg-dev libwebp-dev) and run ./graft again."));
            return [];
        }
    }
}
