using System.Text;
using Grafting.Core.Running;
using Grafting.Core.Data.Files;
using Grafting.Core.Data.Records;

namespace Grafting.Core.Data;

/// <summary>Takes in the samples of a data set one after another: decides which can be used, and counts.</summary>
/// <param name="images">Full path of the folder that picture names start from; null for that of each data file.</param>
/// <param name="several">More than one file, so that a place needs the file's name.</param>
/// <param name="stage">What is being read, for <paramref name="progress"/>.</param>
sealed class Intake(
    string? images, PictureStore store, BadSampleLog skipped, bool several, string stage, IProgress<ProgressReport>? progress)
{
    /// <summary>Small sets are there at once, and need no line that says so.</summary>
    const int SamplesBetweenReports = 1000;

    readonly Dictionary<UInt128, (string File, long Line)> _records = [];
    readonly HashSet<UInt128> _ids = [];
    readonly List<SampleTraits> _traits = [];
    int _total, _pictures, _repeated;

    public PictureStore Store => store;

    /// <summary>Of each sample that can be used, in order.</summary>
    public IReadOnlyList<SampleTraits> Traits => _traits;

    public string ImagesOf(string file) => images ?? Path.GetDirectoryName(Path.GetFullPath(file))!;

    /// <summary>Samples so far, those that cannot be used included.</summary>
    public int Total => _total;

    /// <summary>Counts a sample, or names why it cannot be used.</summary>
    /// <param name="place">Of the sample in its file, and its name.</param>
    /// <param name="own">Addresses of files are looked for; a picture inside a part is not.</param>
    /// <param name="digest">Of the whole record, where a record that repeats another is to be found.</param>
    /// <returns>Whether it can be used.</returns>
    /// <exception cref="GraftException">Input, when the total is known and the budget spent.</exception>
    public bool Take(string file, string place, Reading reading, Func<string, bool> own, (UInt128 Digest, long Line)? digest = null)
    {
        if (++_total % SamplesBetweenReports == 0) progress?.Report(new ProgressReport(stage, _total, 0, "samples"));
        var (sample, reason, detail) = reading;
        if (sample is not null && digest is var (bytes, line) && !_records.TryAdd(bytes, (file, line)))
        {
            var first = _records[bytes];
            (sample, reason, detail) = (
                null, BadSampleReason.Repeated, $"repeats line {first.Line}{(first.File == file ? "" : $" of {first.File}")} entirely");
        }
        if (sample?.Images.Where(own).Select(PictureFault).FirstOrDefault(found => found is not null) is { } fault)
            (sample, reason, detail) = (null, BadSampleReason.MissingPicture, fault);
        if (sample is null)
        {
            skipped.Add(new BadSample(several ? $"{file}: {place}" : place, reason, detail));
            return false;
        }
        _traits.Add(new SampleTraits(sample.Images.Count > 0, SampleSplit.PositionOf(sample.Group)));
        if (sample.Images.Count > 0) _pictures++;
        if (!_ids.Add(JsonRecordScanner.Hash(Encoding.UTF8.GetBytes(sample.Id)))) _repeated++;
        return true;
    }

    /// <summary>After the last sample.</summary>
    /// <exception cref="GraftException">Input, beyond the budget.</exception>
    public DatasetReport Close()
    {
        skipped.SetTotal(_total);
        return new DatasetReport(_total - skipped.Count, _pictures, _repeated, skipped);
    }

    static string? PictureFault(string picture)
    {
        var info = new FileInfo(picture);
        if (Directory.Exists(picture)) return $"its picture {picture} is a folder";
        if (!info.Exists) return $"there is no picture at {picture}";
        return info.Length == 0 ? $"its picture {picture} is empty (0 bytes)" : null;
    }
}
