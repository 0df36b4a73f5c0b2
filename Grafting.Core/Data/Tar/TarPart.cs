using System.Globalization;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data.Records;
using Grafting.Core.Imaging;
using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Data.Tar;

/// <summary>
/// A WebDataset shard. Neighbouring members of one key are a sample; the key is a member's path up to the first dot of its last part, and
/// what follows that dot is the field. The text is in <c>json</c> (a record of any form), else in <c>txt</c> or <c>caption</c>, else in
/// <c>cls</c>; pictures are the fields that end in a picture's extension, in the order of the archive.
/// </summary>
/// <remarks>
/// The fingerprint is over headers and texts. Pictures are not read for it: their sizes and times stand in the headers.
/// </remarks>
sealed class TarPart : DigestedPart
{
    readonly SafeFileHandle _file;
    readonly PictureStore _store;
    readonly List<Place> _places = [];
    int _passedOver;

    TarPart(string path, SafeFileHandle file, Intake intake) : base(path) => (_file, _store) = (file, intake.Store);

    /// <summary>Of the headers of the first member and of what follows the last.</summary>
    readonly record struct Place(long Start, long End);

    public override DataKind Kind => DataKind.WebDataset;

    public override int Count => _places.Count;

    public override int PassedOver => _passedOver;

    public static TarPart Load(string path, Intake intake) =>
        Scanned(new TarPart(path, RegularFile.Open(path), intake), part => part.Scan(intake));

    public override Sample Read(int index)
    {
        var (place, reader) = (_places[index], new TarReader(_file, Path));
        TarSample? sample = null;
        for (var at = place.Start; at < place.End;)
        {
            var member = reader.Read(at);
            if (member.Step is TarStep.Cut or TarStep.End) throw Changed();
            if (member.Step == TarStep.File && TarSample.Split(member.Name) is var (key, field))
                (sample ??= new TarSample(key)).Add(field, member);
            at = member.Next;
        }
        return sample is null ? throw Changed() : Make(sample).Sample ?? throw Changed();
    }

    public override ReadOnlyMemory<byte> Picture(string locator, ImageLimits limits)
    {
        var plus = locator.IndexOf('+', StringComparison.Ordinal);
        var length = long.Parse(locator.AsSpan(plus + 1), CultureInfo.InvariantCulture);
        var address = AddressOf(Path, locator);
        if (length > limits.MaxFileBytes)
            throw Fault.Input($"{address}: has {length} bytes; pictures may have {limits.MaxFileBytes}.", "Make the picture smaller.");
        var bytes = new byte[length];
        RegularFile.ReadExactly(_file, bytes, long.Parse(locator.AsSpan(0, plus), CultureInfo.InvariantCulture), Path, "a picture");
        return bytes;
    }

    public override void Dispose()
    {
        _file.Dispose();
        base.Dispose();
    }

    void Scan(Intake intake)
    {
        var reader = new TarReader(_file, Path) { OnHeader = block => Digest.AppendData(block.Span) };
        TarSample? sample = null;
        long start = 0, end = 0;
        for (var member = reader.Read(0); ; member = reader.Read(member.Next))
        {
            if (member.Step is TarStep.Cut or TarStep.End)
            {
                // Where the name was still read, it tells whether the sample before is whole.
                if (member.Step == TarStep.Cut && TarSample.Split(member.Name) is var (torn, _) && sample?.Key != torn)
                {
                    Close(sample);
                    sample = new TarSample(torn);
                }
                Close(member.Step == TarStep.Cut ? sample ?? new TarSample(member.Name) : sample, cut: member.Step == TarStep.Cut);
                return;
            }
            if (member.Step == TarStep.Other || TarSample.Split(member.Name) is not var (key, field))
            {
                _passedOver++;
                continue;
            }
            if (sample?.Key != key)
            {
                Close(sample);
                (sample, start) = (new TarSample(key), member.Start);
            }
            sample.Add(field, member);
            end = member.Next;
        }

        void Close(TarSample? ended, bool cut = false)
        {
            if (ended is null) return;
            var reading = cut
                ? Reading.Bad(BadSampleReason.Malformed, "the shard ends in it, or behind it without the mark of the end")
                : Make(ended, hash: true);
            _passedOver += ended.Unused;
            if (intake.Take(Path, $"sample {Printable.Quote(ended.Key)}", reading, _ => false)) _places.Add(new Place(start, end));
        }
    }

    /// <param name="hash">Adds the text to the fingerprint.</param>
    Reading Make(TarSample sample, bool hash = false)
    {
        if (sample.Fault is { } fault) return fault;
        return sample.Read(Content, new Pictures(sample, Path, _store));

        byte[] Content(TarMember member)
        {
            var bytes = new byte[member.Length];
            RegularFile.ReadExactly(_file, bytes, member.Offset, Path, "a sample's text");
            if (hash) Digest.AppendData(bytes);
            return bytes;
        }
    }

    /// <summary>Pictures are named by their field, their member, the last part of the member's path, or their number.</summary>
    sealed class Pictures(TarSample sample, string path, PictureStore store) : PictureNames(store)
    {
        public override FoundPicture Find(string name, int number)
        {
            var place = AttachedRecord.Number(name)
                ?? sample.Pictures.FindIndex(picture => picture.Field == name || picture.Member.Name == name);
            if (place < 0)
            {
                place = sample.Pictures.FindIndex(
                    picture => System.IO.Path.GetFileName(picture.Member.Name) == System.IO.Path.GetFileName(name));
            }
            if (place < 0 || place >= sample.Pictures.Count)
                return FoundPicture.Bad(BadSampleReason.MissingPicture, $"its picture {Printable.Quote(name)} is not among its members");
            var (field, member) = sample.Pictures[place];
            if (member.Length == 0)
                return FoundPicture.Bad(BadSampleReason.MissingPicture, $"its picture {Printable.Quote(field)} is empty (0 bytes)");
            return FoundPicture.At(
                AddressOf(path, string.Create(CultureInfo.InvariantCulture, $"{member.Offset}+{member.Length}")),
                AttachedRecord.Number(name) is null ? name : member.Name);
        }
    }
}
