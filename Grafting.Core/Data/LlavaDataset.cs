using System.Collections;
using System.Text.Json;
using Grafting.Core.Checkpoints;
using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Data;

/// <summary>
/// A data file in LLaVA's JSON (an array, or one sample per line). Loading walks through the file once, checks every sample and
/// remembers only where it stands; samples are read from the file when they are asked for, so that a gigabyte of conversations
/// takes megabytes of memory.
/// </summary>
/// <remarks>
/// A sample that cannot be used is skipped, counted and named as long as the budget allows; beyond it, loading fails. See
/// <see cref="BadSampleReason"/> for the reasons. Ids need not be unique, since public sets repeat them; a record that repeats
/// another one entirely is unusable. Safe to read from several threads.
/// </remarks>
public sealed class LlavaDataset : IReadOnlyList<Sample>, IDisposable
{
    readonly SafeFileHandle _file;
    readonly string _images;
    readonly List<Place> _places;

    LlavaDataset(string path, string images, SafeFileHandle file, List<Place> places, DatasetReport report, string fingerprint)
    {
        (_file, _images, _places) = (file, images, places);
        (Path, Report, Fingerprint) = (path, report, fingerprint);
    }

    /// <param name="Index">Number in the file, bad samples included.</param>
    readonly record struct Place(long Offset, int Length, int Index);

    public string Path { get; }

    public DatasetReport Report { get; }

    /// <summary>SHA-256 of the data file, lower-case hex.</summary>
    public string Fingerprint { get; }

    public int Count => _places.Count;

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>, when the file was changed since it was loaded.</exception>
    public Sample this[int index]
    {
        get
        {
            var place = _places[index];
            var bytes = new byte[place.Length];
            RegularFile.ReadExactly(_file, bytes, place.Offset, Path, $"sample {place.Index}");
            try
            {
                using var document = JsonDocument.Parse(bytes);
                if (LlavaRecord.Read(document.RootElement, place.Index, _images).Sample is { } sample) return sample;
            }
            catch (JsonException)
            {
                // Was valid when it was loaded; reported below.
            }
            throw Fault.Input($"{Path}: was changed while it was in use.", "Start again.");
        }
    }

    /// <param name="path">The data file.</param>
    /// <param name="images">Folder of the pictures; null for the folder of the data file.</param>
    /// <param name="maxBad">Share of unusable samples that is skipped before loading fails.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: unreadable, not JSON (with line and column), no usable sample, or too many unusable ones.</exception>
    public static LlavaDataset Load(string path, string? images = null, double maxBad = BadSampleLog.DefaultBudget)
    {
        Fault.IfOutside(maxBad, 0, 1);
        if (images is not null && !Directory.Exists(images))
            throw Fault.Input($"There is no images folder {images}.", "Give the folder from which picture names start with --images.");
        var folder = System.IO.Path.GetFullPath(images ?? System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        var file = RegularFile.Open(path);
        try
        {
            return Scan(path, folder, file, new BadSampleLog(path, maxBad));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public IEnumerator<Sample> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() => _file.Dispose();

    static LlavaDataset Scan(string path, string images, SafeFileHandle file, BadSampleLog skipped)
    {
        // A second handle, so that walking through the file does not move the one that samples are read with.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        var scanner = new JsonRecordScanner(path, stream);
        var places = new List<Place>();
        var records = new Dictionary<UInt128, long>();
        var ids = new HashSet<UInt128>();
        int index = 0, pictures = 0, repeatedIds = 0;
        foreach (var record in scanner.Records())
        {
            using var document = record.Document;
            var json = document.RootElement;
            var (sample, reason, detail) = LlavaRecord.Read(json, index, images);
            if (sample is not null && !records.TryAdd(record.Digest, record.Line))
                (sample, reason, detail) = (null, BadSampleReason.Repeated, $"repeats line {records[record.Digest]} entirely");
            if (sample?.Images.Select(PictureFault).FirstOrDefault(found => found is not null) is { } fault)
                (sample, reason, detail) = (null, BadSampleReason.MissingPicture, fault);
            if (sample is null)
            {
                skipped.Add(new BadSample($"line {record.Line}, sample {LlavaRecord.Name(json, index)}", reason, detail));
            }
            else
            {
                places.Add(new Place(record.Offset, record.Length, index));
                if (sample.Images.Count > 0) pictures++;
                if (!ids.Add(JsonRecordScanner.Hash(System.Text.Encoding.UTF8.GetBytes(sample.Id)))) repeatedIds++;
            }
            index++;
        }
        skipped.SetTotal(index);
        if (places.Count == 0) throw Fault.Input($"{path}: holds no samples.", "Expected is a JSON array of samples, or one sample per line.");
        return new LlavaDataset(path, images, file, places, new DatasetReport(places.Count, pictures, repeatedIds, skipped), scanner.Digest);
    }

    static string? PictureFault(string picture)
    {
        var info = new FileInfo(picture);
        if (Directory.Exists(picture)) return $"its picture {picture} is a folder";
        if (!info.Exists) return $"there is no picture at {picture}";
        return info.Length == 0 ? $"its picture {picture} is empty (0 bytes)" : null;
    }
}
