using System.Collections;
using System.Text;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data.Files;
using Grafting.Core.Running;

namespace Grafting.Core.Data;

/// <summary>
/// Samples from one data file or several, of any <see cref="DataKind"/>. Loading walks through the files once, checks every sample and
/// remembers only where it stands; samples are read from the files when they are asked for, so that a gigabyte of conversations
/// takes megabytes of memory.
/// </summary>
/// <remarks>
/// A sample that cannot be used is skipped, counted and named as long as the budget allows; beyond it, loading fails. See
/// <see cref="BadSampleReason"/> for the reasons. Ids need not be unique, since public sets repeat them; a JSON record that repeats
/// another one entirely is unusable. Pictures inside shards and Parquet files are looked at when they are read. Safe to read from several
/// threads.
/// </remarks>
public sealed class Dataset : IReadOnlyList<Sample>, IDisposable
{
    readonly IReadOnlyList<DataPart> _parts;
    readonly int[] _ends;

    Dataset(string path, IReadOnlyList<DataPart> parts, PictureStore pictures, DatasetReport report)
    {
        (Path, _parts, Pictures, Report) = (path, parts, pictures, report);
        _ends = new int[parts.Count];
        for (var i = 0; i < _ends.Length; i++) _ends[i] = (i == 0 ? 0 : _ends[i - 1]) + parts[i].Count;
        Fingerprint = parts.Count == 1
            ? parts[0].Fingerprint
            : Digests.Sha256(Encoding.ASCII.GetBytes(string.Concat(parts.Select(part => part.Fingerprint))));
        Kinds = string.Join(", ", parts.GroupBy(part => part.Kind).Select(kind => kind.Key.InWords()));
        PassedOver = parts.Sum(part => part.PassedOver);
    }

    /// <summary>What was asked for, for messages.</summary>
    public string Path { get; }

    /// <summary>The files and folders, in the order of their samples.</summary>
    public IReadOnlyList<string> Files => [.. _parts.Select(part => part.Path)];

    /// <summary>How the samples are written down, in words.</summary>
    public string Kinds { get; }

    public DatasetReport Report { get; }

    /// <summary>The pictures of all samples.</summary>
    public PictureStore Pictures { get; }

    /// <summary>Members of archives and folders that are no part of a sample: links, devices, files of other kinds.</summary>
    public int PassedOver { get; }

    /// <summary>
    /// Changes with the content, lower-case hex: of a JSON file its SHA-256; of a shard that of its members' names, sizes and times, and of
    /// its texts; of a Parquet file that of its footer and of what its rows say; of class folders that of names and sizes.
    /// </summary>
    public string Fingerprint { get; }

    public int Count => _ends[^1];

    /// <summary>Of each sample, in order.</summary>
    public required IReadOnlyList<SampleTraits> Traits { get; init; }

    /// <summary>For each path that was asked for the first of its samples and their number.</summary>
    public IReadOnlyList<(int First, int Count)> Groups { get; private init; } = [];

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>, when the file was changed since it was loaded.</exception>
    public Sample this[int index]
    {
        get
        {
            Fault.IfOutside(index, 0, Count - 1);
            var part = Array.BinarySearch(_ends, index + 1);
            if (part < 0) part = ~part;
            // Parts without a usable sample end where the one before them does, and hold nothing.
            while (part > 0 && _ends[part - 1] > index) part--;
            return _parts[part].Read(index - (part == 0 ? 0 : _ends[part - 1]));
        }
    }

    /// <summary>How to call what was asked for in a message.</summary>
    /// <param name="paths">At least one.</param>
    public static string InWords(IReadOnlyList<string> paths) => paths.Count == 1 ? paths[0] : $"{paths[0]} and {paths.Count - 1} more";

    /// <inheritdoc cref="Load(IReadOnlyList{string}, string, double, IProgress{ProgressReport})"/>
    public static Dataset Load(string path, string? images = null, double maxBad = BadSampleLog.DefaultBudget) =>
        Load([path], images, maxBad);

    /// <param name="paths">Files, folders, or patterns of them (<see cref="DataFiles"/>).</param>
    /// <param name="images">Folder of the pictures that JSON names; null for the folder of each data file.</param>
    /// <param name="maxBad">Share of unusable samples that is skipped before loading fails.</param>
    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Input"/>: unreadable or malformed (with its place), no usable sample, or too many unusable ones.
    /// </exception>
    public static Dataset Load(
        IReadOnlyList<string> paths, string? images = null, double maxBad = BadSampleLog.DefaultBudget,
        IProgress<ProgressReport>? progress = null)
    {
        Fault.IfOutside(maxBad, 0, 1);
        if (images is not null && !Directory.Exists(images))
            throw Fault.Input($"There is no images folder {images}.", "Give the folder from which picture names start with --images.");
        var groups = DataFiles.Expand(paths);
        string[] files = [.. groups.SelectMany(group => group)];
        var path = InWords(files);
        var pictures = new PartPictures();
        var intake = new Intake(
            images is null ? null : System.IO.Path.GetFullPath(images), pictures, new BadSampleLog(path, maxBad), files.Length > 1,
            $"reading {System.IO.Path.GetFileName(path)}", progress);
        var parts = new List<DataPart>();
        try
        {
            foreach (var file in files)
            {
                var before = intake.Total;
                parts.Add(DataFiles.Open(file, intake));
                // One that is empty among many is a download that failed, or no data.
                if (intake.Total == before)
                {
                    throw Fault.Input(
                        $"{file}: holds no samples.",
                        "Expected are samples in one of the forms of docs/data.md, e.g. a JSON array, or one sample per line.");
                }
                pictures.Add(parts[^1]);
            }
            var report = intake.Close();
            if (parts.All(part => part.Count == 0))
            {
                throw Fault.Input(
                    $"{path}: none of its {report.Skipped.Count} samples can be used; the first: {report.Skipped.First[0]}.",
                    "Repair them, or correct --images.");
            }
            return new Dataset(path, parts, pictures, report) { Groups = Ranges(groups, parts), Traits = intake.Traits };
        }
        catch
        {
            foreach (var part in parts) part.Dispose();
            throw;
        }
    }

    static List<(int First, int Count)> Ranges(IReadOnlyList<IReadOnlyList<string>> groups, List<DataPart> parts)
    {
        var (ranges, part, first) = (new List<(int First, int Count)>(groups.Count), 0, 0);
        foreach (var group in groups)
        {
            var count = parts.Skip(part).Take(group.Count).Sum(one => one.Count);
            ranges.Add((first, count));
            (part, first) = (part + group.Count, first + count);
        }
        return ranges;
    }

    public IEnumerator<Sample> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        foreach (var part in _parts) part.Dispose();
    }
}
