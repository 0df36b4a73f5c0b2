using Grafting.Core.Data;
using Grafting.Core.Imaging;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Text.Templates;
using Grafting.Core.Training;

namespace Grafting.Core.Reporting.Preview;

/// <summary>What a preview looks at.</summary>
/// <param name="Data">Files, folders or patterns.</param>
/// <param name="Images">Folder from which picture names start; null for the data file's.</param>
/// <param name="Model">Folder of tokenizer and template.</param>
/// <param name="Template">"clean", "own", or a template's file.</param>
/// <param name="Shown">Samples to show.</param>
/// <param name="Checked">Samples to check, with their pictures, those shown included; null: all.</param>
/// <param name="ImageTokens">Positions of a picture, those of the boundary included.</param>
/// <param name="MaxLength">Longest conversation in positions; null: no limit.</param>
public sealed record PreviewRequest(
    IReadOnlyList<string> Data, string? Images, string Model, string Template = ChatTemplate.CleanName, int Shown = 5, int? Checked = 1000,
    int ImageTokens = 1, int? MaxLength = null)
{
    /// <exception cref="GraftException">Usage: a number is out of range.</exception>
    public PreviewRequest Validate()
    {
        Fault.IfOutside(Shown, 0, 10_000, "--samples");
        Fault.IfOutside(Checked ?? 1, 1, 100_000_000, "--check");
        Fault.IfOutside(ImageTokens, 1, 1_000_000, "--image-tokens");
        Fault.IfOutside(MaxLength ?? 1, 1, 100_000_000, "--max-length");
        return this;
    }
}

/// <summary>What may be wrong with a sample. The first five are found in the file; the others in what a model would read.</summary>
public enum PreviewWarningKind
{
    Unusable,
    Placeholder,
    Repeated,
    MissingPicture,
    RepeatedId,
    NothingSupervised,
    ConversationCut,
    PictureCut,
    TemplateRefuses,
    DamagedPicture,
    BlankPicture,
}

/// <param name="Sample">Its id, or where it stands.</param>
public sealed record PreviewWarning(PreviewWarningKind Kind, string Sample, string Detail);

/// <summary>A sample as it is shown.</summary>
/// <param name="Pictures">Small PNGs of its pictures; empty where one cannot be read.</param>
/// <param name="Tokens">What the model reads; null where it cannot be encoded.</param>
/// <param name="Positions">Length with its pictures.</param>
/// <param name="Labels">Tokens that are labels.</param>
public sealed record PreviewedSample(
    string Id, IReadOnlyList<byte[]> Pictures, IReadOnlyList<LabelledToken>? Tokens, int Positions, int Labels);

/// <summary>What was found.</summary>
/// <param name="Template">Name of a clean template, or where the model's own stands.</param>
/// <param name="Usable">Samples of the file that can be used.</param>
/// <param name="Checked">How many of them were encoded, and their pictures read.</param>
/// <param name="Pictures">Pictures that were read, each once.</param>
/// <param name="ImageTokens">Positions that each was counted with.</param>
/// <param name="Counts">
/// Warnings by kind; the list of warnings may be shorter, since a file tells only its first bad samples by name.
/// </param>
/// <param name="Positions">Of all checked samples together.</param>
/// <param name="Labels">Of all checked samples together.</param>
public sealed record DataPreview(
    string Data, string Template, int Usable, int Checked, int Pictures, int ImageTokens, IReadOnlyList<PreviewedSample> Samples,
    IReadOnlyList<PreviewWarning> Warnings,
    IReadOnlyDictionary<PreviewWarningKind, int> Counts, long Positions, long Labels)
{
    /// <summary>Largest side of a picture that is shown.</summary>
    const int ThumbnailSide = 256;

    /// <exception cref="GraftException">Input: data, template or tokenizer are unusable as a whole.</exception>
    public static DataPreview Of(PreviewRequest request, IProgress<ProgressReport>? progress = null)
    {
        request.Validate();
        var tokenizer = Tokenizer.Load(request.Model);
        var template = ChatTemplate.Chosen(request.Template, tokenizer, request.Model);
        using var data = Dataset.Load(request.Data, request.Images, maxBad: 1, progress);
        var found = new Findings();
        foreach (var bad in data.Report.Skipped.First) found.Add(KindOf(bad.Reason), bad.Where, bad.Detail, count: false);
        foreach (var (reason, count) in data.Report.Skipped.ByReason) found.Count(KindOf(reason), count);
        if (data.Report.RepeatedIds > 0) found.Count(PreviewWarningKind.RepeatedId, data.Report.RepeatedIds);

        List<PreviewedSample> shown = [];
        var pictures = new PictureCheck(found);
        var (last, positions, labels) = (Math.Min(data.Count, Math.Max(request.Checked ?? data.Count, request.Shown)), 0L, 0L);
        for (var i = 0; i < last; i++)
        {
            progress?.Report(new ProgressReport("checking samples", i + 1, last, "samples"));
            var sample = data[i];
            var chat = Encode(request, template, tokenizer, sample, found);
            var length = chat is null ? 0 : PackedBatch.LengthOf(chat, request.ImageTokens);
            var supervised = chat?.Weights.Count(weight => weight > 0) ?? 0;
            (positions, labels) = (positions + length, labels + supervised);
            var images = sample.Images.Select(address => pictures.Look(sample, address, keep: i < request.Shown)).ToList();
            if (i < request.Shown)
            {
                var tokens = chat is null ? null : LabelledToken.Of(tokenizer, chat);
                shown.Add(new PreviewedSample(sample.Id, [.. images.OfType<RgbImage>().Select(Thumbnail)], tokens, length, supervised));
            }
        }
        return new DataPreview(
            data.Path, (template as OwnTemplate)?.File.Place ?? template.Name, data.Count, last, pictures.Count, request.ImageTokens, shown, found.Warnings, found.Counts,
            positions, labels);
    }

    static EncodedChat? Encode(PreviewRequest request, ChatTemplate template, Tokenizer tokenizer, Sample sample, Findings found)
    {
        EncodedChat whole;
        try
        {
            whole = template.Encode(tokenizer, sample.Turns, new LabelPolicy());
        }
        catch (GraftException fault)
        {
            found.Add(PreviewWarningKind.TemplateRefuses, sample.Id, fault.Message);
            return null;
        }
        var length = PackedBatch.LengthOf(whole, request.ImageTokens);
        if (!whole.Weights.Any(weight => weight > 0))
            found.Add(PreviewWarningKind.NothingSupervised, sample.Id, "no token of it is a label");
        if (request.MaxLength is not { } most || length <= most) return whole;
        try
        {
            var cut = new ChatEncoder(tokenizer, template, new LabelPolicy(), request.ImageTokens, most).Encode(sample.Id, sample.Turns);
            if (cut.Pictures < whole.Pictures)
                found.Add(
                    PreviewWarningKind.PictureCut, sample.Id,
                    $"{whole.Pictures - cut.Pictures} of {whole.Pictures} pictures do not fit into {most} positions");
            else found.Add(PreviewWarningKind.ConversationCut, sample.Id, $"it takes {length} positions, and {most} are read");
            return cut;
        }
        catch (GraftException fault)
        {
            var first = Array.IndexOf(whole.Ids, EncodedChat.ImageSlot);
            var fits = first < 0 || first + request.ImageTokens <= most;
            found.Add(fits ? PreviewWarningKind.NothingSupervised : PreviewWarningKind.PictureCut, sample.Id, fault.Message);
            return null;
        }
    }

    static byte[] Thumbnail(RgbImage image)
    {
        var scale = Math.Min(1.0, (double)ThumbnailSide / Math.Max(image.Width, image.Height));
        return PngWriter.Encode(scale == 1 ? image : Resampler.Resize(
            image, Math.Max(1, (int)(image.Width * scale)), Math.Max(1, (int)(image.Height * scale)), ResampleFilter.Bilinear));
    }

    static PreviewWarningKind KindOf(BadSampleReason reason) => reason switch
    {
        BadSampleReason.Placeholder => PreviewWarningKind.Placeholder,
        BadSampleReason.Repeated => PreviewWarningKind.Repeated,
        BadSampleReason.MissingPicture => PreviewWarningKind.MissingPicture,
        BadSampleReason.DamagedPicture => PreviewWarningKind.DamagedPicture,
        BadSampleReason.NoAnswer => PreviewWarningKind.NothingSupervised,
        _ => PreviewWarningKind.Unusable,
    };
}
