using System.Globalization;
using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data.Records;
using Grafting.Core.Imaging;
using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Data.Files;

/// <summary>A file of JSON records: an array, or one record per line. The first record tells the form of all.</summary>
sealed class JsonPart : DataPart
{
    readonly SafeFileHandle _file;
    readonly PictureStore _store;
    readonly string _images;
    readonly List<Place> _places = [];
    DataKind _kind = DataKind.Llava;
    string _fingerprint = "";

    JsonPart(string path, SafeFileHandle file, Intake intake) : base(path) =>
        (_file, _store, _images) = (file, intake.Store, intake.ImagesOf(path));

    /// <param name="Index">Number in the file, bad samples included.</param>
    readonly record struct Place(long Offset, int Length, int Index);

    public override DataKind Kind => _kind;

    public override int Count => _places.Count;

    /// <summary>SHA-256 of the file.</summary>
    public override string Fingerprint => _fingerprint;

    public static JsonPart Load(string path, Intake intake) =>
        Scanned(new JsonPart(path, RegularFile.Open(path), intake), part => part.Scan(intake));

    public override Sample Read(int index)
    {
        var place = _places[index];
        using var document = Parse(place.Offset, place.Length);
        return SampleRecord.Read(document.RootElement, place.Index, _kind, Names(place.Offset, place.Length)).Sample ?? throw Changed();
    }

    /// <param name="locator">Offset and length of the record, and the number of the picture in it.</param>
    public override ReadOnlyMemory<byte> Picture(string locator, ImageLimits limits)
    {
        var numbers = locator.Split('+', '#');
        if (numbers.Length != 3) throw Changed();
        using var document = Parse(
            long.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture));
        if (SampleRecord.Draft(document.RootElement, 0, _kind, out var draft) is not null) throw Changed();
        return DataUri.Decode(draft.Names[int.Parse(numbers[2], CultureInfo.InvariantCulture)]);
    }

    public override void Dispose()
    {
        _file.Dispose();
        base.Dispose();
    }

    JsonDocument Parse(long offset, int length)
    {
        var bytes = new byte[length];
        RegularFile.ReadExactly(_file, bytes, offset, Path, "a sample");
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException)
        {
            // Was valid when it was loaded.
            throw Changed();
        }
    }

    FolderPictures Names(long offset, int length) =>
        new(_images, _store, AddressOf(Path, string.Create(CultureInfo.InvariantCulture, $"{offset}+{length}")));

    void Scan(Intake intake)
    {
        // A second handle, so that walking through the file does not move the one that samples are read with.
        using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        var scanner = new JsonRecordScanner(Path, stream);
        var inside = AddressOf(Path, "");
        var (index, known) = (0, false);
        foreach (var record in scanner.Records())
        {
            using var document = record.Document;
            var json = document.RootElement;
            if (!known && SampleRecord.KindOf(json) is { } kind) (_kind, known) = (kind, true);
            var reading = SampleRecord.Read(json, index, _kind, Names(record.Offset, record.Length));
            if (intake.Take(
                Path, $"line {record.Line}, sample {JsonFields.Name(json, index)}", reading, address =>
                    !address.StartsWith(inside, StringComparison.Ordinal),
                (record.Digest, record.Line)))
            {
                _places.Add(new Place(record.Offset, record.Length, index));
            }
            index++;
        }
        _fingerprint = scanner.Digest;
    }
}
