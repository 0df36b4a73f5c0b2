using System.Runtime.CompilerServices;

namespace Grafting.Tests.Support;

/// <summary>Approved texts beside the tests; <c>GRAFT_UPDATE_GOLDEN=1 ./test</c> writes what the tests now see.</summary>
static class Golden
{
    public static void Compare(string name, string seen, [CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, name);
        if (Environment.GetEnvironmentVariable("GRAFT_UPDATE_GOLDEN") == "1") File.WriteAllText(path, seen);
        Assert.That(
            seen, Is.EqualTo(File.ReadAllText(path)), $"{name} is no longer what was approved; GRAFT_UPDATE_GOLDEN=1 ./test rewrites it");
    }
}
