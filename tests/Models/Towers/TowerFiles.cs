using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Models.Towers;

/// <summary>A tower's checkpoint with its tensors renamed, left out or added to.</summary>
static class TowerFiles
{
    /// <param name="source">Folder with one file of weights.</param>
    /// <param name="rename">The tensor's new name; null leaves it out.</param>
    /// <param name="config">Text of <c>config.json</c>; null takes the source's.</param>
    /// <returns>The folder.</returns>
    public static string Copy(
        TempFolder folder, string source, Func<string, string?> rename, string? config = null, params TensorSource[] more)
    {
        using var checkpoint = Checkpoint.Open(source);
        var kept = from stored in checkpoint.Tensors.Values
                   let name = rename(stored.Entry.Name)
                   where name is not null
                   select TensorSource.FromFile(stored, name);
        CheckpointWriter.Write(folder.Path, [.. kept, .. more]);
        folder.Write(Checkpoint.ConfigName, config ?? File.ReadAllText(Path.Combine(source, Checkpoint.ConfigName)));
        return folder.Path;
    }

    public static TensorSource Zeros(string name, params long[] shape) =>
        TensorSource.FromFloats(name, shape, new float[shape.Aggregate(1L, (product, size) => product * size)]);
}
