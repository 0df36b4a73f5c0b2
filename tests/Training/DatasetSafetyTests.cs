using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Imaging;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Tests.Data;
using Grafting.Tests.Support;
using Grafting.Tests.Text;

namespace Grafting.Tests.Training;

/// <summary>A picture that cannot be read costs its sample and no more, wherever it lies.</summary>
public class DatasetSafetyTests
{
    static readonly byte[] s_page = "<!DOCTYPE html><html><body>404 Not Found</body></html>"u8.ToArray();

    static readonly string[] s_fixtures =
    [
        "cmyk.jpg", "rgb16.png", "gray16.png", "palette_trns.png", "animated.gif", "exif_orientation_6.jpg", "photo_q30_progressive.jpg",
    ];

    static readonly string[] s_pictures =
    [
        "hopper_orientation_4.jpg", "hopper_orientation_5.webp", "exif_imagemagick_orientation.png", "dispose_bgnd.gif",
        "hopper_emboss.bmp", "1_trns.png", "7x13.png", "bw_gradient.png",
    ];

    static IEnumerable<TestCaseData> Kinds() => Enum.GetValues<DataKind>().Select(kind => new TestCaseData(kind));

    [TestCaseSource(nameof(Kinds))]
    public void An_error_page_in_place_of_a_picture_is_skipped_counted_and_named_until_the_budget_is_spent(DataKind kind)
    {
        using var folder = new TempFolder();
        var path = Write(folder, kind, [LlavaFiles.Picture, s_page, LlavaFiles.Picture, LlavaFiles.Picture]);
        using (var data = Dataset.Load(path, maxBad: 0.25))
        {
            Assert.That(data, Has.Count.EqualTo(4));
            var source = Source(data);
            Assert.That(
                Enumerable.Range(0, 4).Select(k => source.At(k).Id), Is.EqualTo(new[] { data[0].Id, data[2].Id, data[2].Id, data[3].Id }));
            Assert.That(data.Report.Skipped.First.Single().Reason, Is.EqualTo(BadSampleReason.DamagedPicture));
            Assert.That(data.Report.Skipped.First.Single().ToString(), Does.Contain(Printable.Quote(data[1].Id)).And.Contain("HTML"));
        }
        using var strict = Dataset.Load(path);
        Assert.That(Assert.Throws<GraftException>(() => Source(strict).At(1))!.Message, Does.Contain("1 of 4 samples"));
    }

    [TestCaseSource(nameof(Kinds))]
    public void Turned_animated_deep_CMYK_and_transparent_pictures_are_the_same_wherever_they_lie(DataKind kind)
    {
        using var folder = new TempFolder();
        var files = s_pictures.Select(name => Shared.Real($"images/{name}")).Concat(
            s_fixtures.Select(name => Shared.Fixture($"images/src/{name}"))).ToList();
        using var data = Dataset.Load(Write(folder, kind, [.. files.Select(File.ReadAllBytes)]));
        Assert.That(data, Has.Count.EqualTo(files.Count));
        foreach (var (sample, file) in data.Zip(files))
        {
            var (found, expected) = (sample.Store.Load(sample.Images.Single()), ImageReader.Read(file));
            Assert.That((found.Width, found.Height), Is.EqualTo((expected.Width, expected.Height)), file);
            Assert.That(found.Pixels.SequenceEqual(expected.Pixels), file);
        }
    }

    [TestCaseSource(nameof(Kinds))]
    public void A_picture_larger_than_the_limit_is_refused_before_it_is_decoded(DataKind kind)
    {
        using var folder = new TempFolder();
        using var data = Dataset.Load(Write(folder, kind, [LlavaFiles.Picture]));
        var error = Assert.Throws<GraftException>(() => data[0].Store.Load(data[0].Images[0], new ImageLimits(MaxFileBytes: 20)))!;
        Assert.That((error.Kind, error.Message), Is.EqualTo((ErrorKind.Input, error.Message)));
        Assert.That(error.Message, Does.Contain($"{LlavaFiles.Picture.Length} bytes"));
    }

    [TestCaseSource(nameof(Kinds))]
    public void Ids_that_repeat_are_counted_and_kept(DataKind kind)
    {
        using var folder = new TempFolder();
        using var data = Dataset.Load(Write(folder, kind, [LlavaFiles.Picture, LlavaFiles.Picture], id: "one"));
        Assert.That(
            (data.Count, data.Report.RepeatedIds), Is.EqualTo((2, kind == DataKind.ClassFolders ? 0 : 1)), "in folders the path is the id");
    }

    [TestCaseSource(nameof(Kinds))]
    public void Any_number_of_workers_and_processes_reads_the_same_bits(DataKind kind)
    {
        const int Epochs = 3, Count = 20;
        byte[][] pictures =
            [.. Enumerable.Range(0, Count)
                .Select(i => PngWriter.Encode(new RgbImage(2, 2, [.. Enumerable.Range(0, 12).Select(k => (byte)((20 * k) + i))])))];
        using var folder = new TempFolder();
        using var data = Dataset.Load(Write(folder, kind, pictures));
        var alone = Source(data, seed: 5, buffer: 6);
        string[] expected = [.. Enumerable.Range(0, Epochs * Count).Select(k => Bits(alone.At(k)))];
        foreach (var workers in (int[])[0, 1, 4])
        {
            var shared = Source(data, seed: 5, buffer: 6);
            using var ahead = new Prefetch<string>(k => Bits(shared.At(k)), 0, expected.Length, workers);
            Assert.That(expected.Select(_ => ahead.Take()).ToArray(), Is.EqualTo(expected), $"{workers} workers");
        }
        // Samples are told apart by the first level of their picture, in whatever form they lie.
        foreach (var world in (int[])[2, 4])
        {
            var ranks = Enumerable.Range(0, world).Select(
                rank => new RankedSource(Source(data, seed: 5, buffer: 6), new RankShard(rank, world))).ToList();
            var parts = ranks.Select(rank => Enumerable.Range(0, Count / world).Select(k => Bits(rank.At(k))).ToList()).ToList();
            Assert.That(
                parts.SelectMany(part => part), Is.Unique.And.EquivalentTo(expected.Take(Count)), "disjoint, and an epoch together");
            Assert.That(
                Enumerable.Range(0, Count).Select(k => parts[k % world][k / world]), Is.EqualTo(expected.Take(Count)),
                "in the order of one process alone");
        }
        Assert.That(expected, Is.EqualTo(OrderOf(pictures)), "which is the same for every form");
    }

    /// <summary>What a source of the same seed reads from plain LLaVA JSON.</summary>
    static IEnumerable<string> OrderOf(byte[][] pictures)
    {
        using var folder = new TempFolder();
        using var data = Dataset.Load(Write(folder, DataKind.Llava, pictures));
        var source = Source(data, seed: 5, buffer: 6);
        return [.. Enumerable.Range(0, 3 * pictures.Length).Select(k => Bits(source.At(k)))];
    }

    static string Bits(EncodedSample sample) =>
        string.Join(' ', sample.Pictures.Single().Pixels.Select(value => BitConverter.SingleToUInt32Bits(value).ToString("x8", null)));

    static DatasetSource Source(Dataset data, ulong? seed = null, int? buffer = null) => new(
        data,
        new ChatEncoder(
            TinyTokenizer.Load(TinyTokenizer.ByteLevel(), null, null), ChatTemplate.Named("plain"), new LabelPolicy(), imageTokens: 2,
            maxLength: 100),
        new PictureCache(new ImagePreprocessor(PreprocessorConfig.Clip(2))), data.Report.Skipped, seed, buffer: buffer);

    /// <param name="id">Of every sample; null: each has its own.</param>
    static string Write(TempFolder folder, DataKind kind, IReadOnlyList<byte[]> pictures, string? id = null)
    {
        string Id(int i) => id ?? $"s{i}";
        switch (kind)
        {
            case DataKind.Llava or DataKind.ShareGpt:
                foreach (var (i, picture) in pictures.Index()) folder.Write($"{i}.jpg", picture);
                return folder.Write("data.json", new JsonArray([.. pictures.Select((_, i) => (JsonNode)new JsonObject
                {
                    ["id"] = Id(i),
                    [kind == DataKind.Llava ? "image" : "images"] = new JsonArray($"{i}.jpg"),
                    ["conversations"] = LlavaFiles.Turns(("human", "<image>\n?"), ("gpt", "a")),
                })]).ToJsonString());
            case DataKind.Messages:
                return folder.Write("data.json", new JsonArray([.. pictures.Select((picture, i) => (JsonNode)new JsonObject
                {
                    ["id"] = Id(i),
                    ["n"] = i,
                    ["messages"] = new JsonArray(
                        new JsonObject
                        {
                            ["role"] = "user",
                            ["content"] = new JsonArray(
                                new JsonObject
                                {
                                    ["type"] = "image_url",
                                    ["image_url"] = "data:image/jpeg;base64," + Convert.ToBase64String(picture),
                                }),
                        },
                        new JsonObject { ["role"] = "assistant", ["content"] = "a" }),
                })]).ToJsonString());
            case DataKind.WebDataset:
                return TarFiles.Write(folder, "data.tar", pictures.SelectMany((picture, i) => ((string, byte[])[])
                [
                    ($"{i:D3}.jpg", picture), ($"{i:D3}.json", System.Text.Encoding.UTF8.GetBytes($$"""{"id": "{{Id(i)}}", "caption": "a"}""")),
                ]));
            case DataKind.ClassFolders:
                foreach (var (i, picture) in pictures.Index()) folder.Write($"data/a/{i:D3}.jpg", picture);
                return folder["data"];
            default:
                return folder.Write(
                    "data.parquet",
                    ParquetFiles.Bytes(
                        [.. pictures.Select((picture, i) => new ParquetFiles.Row(Id(i), picture, null, [("human", "?"), ("gpt", "a")]))],
                        new ParquetStyle(1)));
        }
    }
}
