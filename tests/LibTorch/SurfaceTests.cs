using TorchSharp;

namespace Grafting.Tests.LibTorch;

/// <summary>What the drop-in declares in TorchSharp's namespace must exist there, letter for letter.</summary>
public class SurfaceTests
{
    [Test]
    public void Every_public_member_is_one_of_TorchSharp_0_107()
    {
        var ours = Signatures.Of(typeof(torch).Assembly, "TorchSharp");
        var approved = Approved();

        var unknown = ours.Except(approved).ToList();
        var gone = approved.Except(ours).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(unknown, Is.Empty,
                "not on the list TorchSharpSignatures.txt: find each in TorchSharp's source, with the same names and defaults, then add it");
            Assert.That(gone, Is.Empty, "on the list, but not declared any more: take them off");
        });
    }

    static string[] Approved()
    {
        using var stream = typeof(SurfaceTests).Assembly.GetManifestResourceStream("TorchSharpSignatures.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
