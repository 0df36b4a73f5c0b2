using System.Globalization;
using System.Text;
using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data.Records;
using Grafting.Core.Imaging;
using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Data.Parquet;

/// <summary>
/// A Parquet file with a sample per row. Pictures are structs of bytes and path, lists of such, or byte strings named like a picture; what
/// is said about them stands in one of <see cref="AttachedRecord.Fields"/>.
/// </summary>
/// <remarks>
/// The fingerprint is over the footer and what the rows say. Pictures are not read for it: the places of their pages stand in the footer.
/// </remarks>
sealed class ParquetPart : DigestedPart
{
    readonly SafeFileHandle _file;
    readonly PictureStore _store;
    readonly List<int> _places = [];
    ParquetRows? _rows;

    ParquetPart(string path, SafeFileHandle file, Intake intake) : base(path) => (_file, _store) = (file, intake.Store);

    public override DataKind Kind => DataKind.Parquet;

    public override int Count => _places.Count;

    public static ParquetPart Load(string path, Intake intake) =>
        Scanned(new ParquetPart(path, RegularFile.Open(path), intake), part => part.Guarded(() => part.Scan(intake)));

    public override Sample Read(int index) => Guarded(() => Make(_places[index])).Sample ?? throw Changed();

    /// <param name="locator">Row and number of the picture in it.</param>
    public override ReadOnlyMemory<byte> Picture(string locator, ImageLimits limits)
    {
        var mark = locator.IndexOf('#', StringComparison.Ordinal);
        var (row, number) = (
            int.Parse(locator.AsSpan(0, mark), CultureInfo.InvariantCulture),
            int.Parse(locator.AsSpan(mark + 1), CultureInfo.InvariantCulture));
        return Guarded(() =>
        {
            var picture = _rows!.PicturesOf(row)[number];
            return _rows.Bytes(row, picture) is { Length: > 0 } bytes
                ? bytes
                : throw new InvalidDataException(
                    $"row {row} has no bytes for its picture{(picture.Path is { } path ? $" {Printable.Quote(path)}" : "")}; pictures "
                        + "have to be inside the file");
        });
    }

    public override void Dispose()
    {
        _file.Dispose();
        base.Dispose();
    }

    int Scan(Intake intake)
    {
        var footer = ParquetFooter.Read(_file, Path);
        _rows = new ParquetRows(footer, new ParquetPages(_file, Path, footer));
        Digest.AppendData(footer.Digest);
        for (var row = 0; row < footer.Rows; row++)
        {
            if (intake.Take(Path, string.Create(CultureInfo.InvariantCulture, $"row {row}"), Make(row, hash: true), _ => false))
                _places.Add(row);
        }
        return footer.Rows;
    }

    /// <param name="hash">Adds what the row says to the fingerprint.</param>
    Reading Make(int row, bool hash = false)
    {
        try
        {
            var json = _rows!.Json(row);
            if (hash) Digest.AppendData(json);
            var pictures = _rows.PicturesOf(row);
            using var document = JsonDocument.Parse(json);
            return AttachedRecord.Read(
                document.RootElement, string.Create(CultureInfo.InvariantCulture, $"#{row}"), pictures.Count,
                new Pictures(pictures, row, Path, _store));
        }
        catch (DecoderFallbackException)
        {
            return Reading.Bad(BadSampleReason.Malformed, "its text is not valid UTF-8");
        }
        catch (JsonException error)
        {
            return Reading.Bad(
                BadSampleReason.Malformed,
                $"its conversation is not valid JSON: line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}");
        }
    }

    /// <exception cref="GraftException">Input, for all that is wrong with the format.</exception>
    T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or OverflowException)
        {
            throw Fault.Input(
                $"{Path}: is a Parquet file that cannot be read: {error.Message}.", "Write it again, or use another form of data.", error);
        }
    }

    /// <summary>Pictures by their number, since rows do not name them.</summary>
    sealed class Pictures(IReadOnlyList<RowPicture> pictures, int row, string path, PictureStore store) : PictureNames(store)
    {
        public override FoundPicture Find(string name, int number)
        {
            if (AttachedRecord.Number(name) is not { } place || place >= pictures.Count)
                return FoundPicture.Bad(BadSampleReason.MissingPicture, $"its picture {Printable.Quote(name)} is not in its row");
            var known = pictures[place].Path is { Length: > 0 } named ? named : null;
            return FoundPicture.At(AddressOf(path, string.Create(CultureInfo.InvariantCulture, $"{row}#{place}")), known);
        }
    }
}
