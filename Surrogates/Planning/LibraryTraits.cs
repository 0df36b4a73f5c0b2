using System.Globalization;
using static TorchSharp.torch;

namespace Grafting.Surrogates.Planning;

/// <summary>
/// What the tensor library keeps for a backward pass depends on its version. Measured with 1.13 and 2.10 on a CPU; the versions between
/// follow its release notes: <c>mean</c> lets go of its input from 2.0 on, and attention with a mask is fused on a CPU from 2.3 on.
/// </summary>
/// <param name="Version">Of libtorch.</param>
/// <param name="KeepsScores">
/// Whether attention keeps the weights of every pair of positions, instead of its output and one number per query.
/// </param>
/// <param name="KeepsSquares">Whether a norm's mean holds on to what it is the mean of.</param>
public sealed record LibraryTraits(string Version, bool KeepsScores, bool KeepsSquares)
{
    /// <summary>Of the library that runs here.</summary>
    public static LibraryTraits Installed { get; } = Of(__version__);

    /// <param name="version">E.g. "2.10.0+cpu".</param>
    public static LibraryTraits Of(string version)
    {
        var parts = version.Split('.', '+', '-');
        var number = (Major: Part(0), Minor: Part(1));
        return new(version, KeepsScores: number.CompareTo((2, 3)) < 0, KeepsSquares: number.Major < 2);

        int Part(int index) =>
            index < parts.Length && int.TryParse(parts[index], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
    }
}
