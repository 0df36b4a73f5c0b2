using System.Runtime.CompilerServices;

namespace Grafting.Tests.Support;

/// <summary>
/// Test material that is not part of this repository: a folder <c>shared</c> beside it. A test whose material is absent is skipped and
/// says what it misses.
/// </summary>
static class Shared
{
    static readonly string Root = Path.Combine(Directory.GetParent(RepositoryRoot())!.FullName, "shared");

    /// <summary>Pretrained models, vocabularies, pictures and data sets of others.</summary>
    public static string Real(string path) => Find("real", path);

    /// <summary>Reference values computed for these tests.</summary>
    public static string Fixture(string path) => Find("fixtures", path);

    /// <summary>True where the path under <c>shared</c> exists; for test case sources, which cannot skip.</summary>
    public static bool Has(string path) => Path.Exists(Path.Combine(Root, path));

    /// <summary>The folder of the solution.</summary>
    public static string RepositoryRoot([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));

    static string Find(string part, string path)
    {
        var full = Path.Combine(Root, part, path);
        if (!Path.Exists(full)) Assert.Ignore($"skipped: needs {full}, which is not part of the repository");
        return full;
    }
}
