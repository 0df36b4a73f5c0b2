using System.Formats.Tar;
using System.Text.Json.Nodes;
using Grafting.Core.Data;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

/// <summary>Public pictures and conversations, written in every form by the tests, are the samples that LLaVA's JSON gives.</summary>
public class DatasetFormatTests
{
    const int Taken = 60;

    static IEnumerable<TestCaseData> Forms()
    {
        static TestCaseData Case(string name, DataKind kind, Func<TempFolder, IReadOnlyList<Sample>, string[]> write) =>
            new TestCaseData(kind, write).SetArgDisplayNames(name);
        yield return Case("JSON lines", DataKind.Llava, (folder, samples) => [WrittenSamples.Llava(folder, "data", samples)]);
        yield return Case("ShareGPT", DataKind.ShareGpt, (folder, samples) => [WrittenSamples.ShareGpt(folder, "data", samples)]);
        yield return Case(
            "messages with files", DataKind.Messages, (folder, samples) => [WrittenSamples.Messages(folder, "data", samples)]);
        yield return Case(
            "messages with file addresses", DataKind.Messages,
            (folder, samples) => [WrittenSamples.AddressedMessages(folder, "data", samples)]);
        yield return Case(
            "messages with pictures inside", DataKind.Messages,
            (folder, samples) => [WrittenSamples.InlineMessages(folder, "data", samples)]);
        foreach (var format in (TarEntryFormat[])[TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu])
        {
            yield return Case($"WebDataset, {format}", DataKind.WebDataset, (folder, samples) =>
                [
                    WrittenSamples.Tar(folder, "s-00", samples.Take(20), format),
                    WrittenSamples.Tar(folder, "s-01", samples.Skip(20), format),
                ]);
        }
        foreach (var style in Styles)
        {
            yield return Case(
                $"Parquet, {style}", DataKind.Parquet, (folder, samples) => [WrittenSamples.Parquet(folder, "data", samples, style)]);
        }
    }

    static readonly ParquetStyle[] Styles =
    [
        new(), new(1), new(2), new(4), new(1, NewPages: true), new(0, NewPages: true, Dictionary: true), new(1, Dictionary: true),
        new(1, Dictionary: true, GroupRows: 7, PageEntries: 3),
        new(2, NewPages: true, GroupRows: 50, PageEntries: 16),
    ];

    [TestCaseSource(nameof(Forms))]
    public void A_form_gives_the_ids_turns_and_pixels_of_the_LLaVA_JSON(DataKind kind, object write)
    {
        using var folder = new TempFolder();
        using var expected = Dataset.Load(Path.Combine(Shared.Real("datasets/fashion-mnist"), "llava_val.json"));
        Sample[] samples = [.. expected.Take(Taken)];
        using var data = Dataset.Load(((Func<TempFolder, IReadOnlyList<Sample>, string[]>)write)(folder, samples));
        Assert.Multiple(() =>
        {
            Assert.That(data.Kinds, Is.EqualTo(kind.InWords()));
            Assert.That(data, Has.Count.EqualTo(Taken));
            Assert.That(data.Report.WithPicture, Is.EqualTo(samples.Count(sample => sample.Images.Count > 0)));
            Assert.That(data.Report.Skipped.Count, Is.Zero);
        });
        for (var i = 0; i < Taken; i++)
        {
            Assert.That(data[i].Id, Is.EqualTo(samples[i].Id));
            Assert.That(data[i].Turns, Is.EqualTo(samples[i].Turns), samples[i].Id);
            Assert.That(
                data[i].Images.Select(image => Pixels(data[i].Store, image)),
                Is.EqualTo(samples[i].Images.Select(image => Pixels(PictureStore.Files, image))), samples[i].Id);
        }
    }

    [Test]
    public void Class_folders_give_every_picture_with_the_name_of_its_class()
    {
        using var folder = new TempFolder();
        using var expected = Dataset.Load(Path.Combine(Shared.Real("datasets/fashion-mnist"), "llava_val.json"));
        var pictures = expected.SelectMany(sample => sample.Images).Distinct().Take(20).ToList();
        foreach (var (i, picture) in pictures.Index())
            folder.Write($"data/class_{i % 3}/{Path.GetFileName(picture)}", File.ReadAllBytes(picture));
        folder.Write("data/class_0/notes.txt", "not a picture");
        using var data = Dataset.Load(folder["data"]);
        Assert.Multiple(() =>
        {
            Assert.That((data.Count, data.Kinds, data.PassedOver), Is.EqualTo((pictures.Count, "folders by class", 1)));
            foreach (var sample in data)
            {
                var place = pictures.FindIndex(picture => Path.GetFileName(picture) == Path.GetFileName(sample.Id));
                Assert.That(sample.Turns[^1], Is.EqualTo(new Turn(Role.Assistant, $"class {place % 3}")));
                Assert.That(Pixels(sample.Store, sample.Images.Single()), Is.EqualTo(Pixels(PictureStore.Files, pictures[place])));
            }
            Assert.That(data.Select(sample => sample.Id), Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        });
    }

    [Test]
    public void Samples_of_all_forms_can_be_read_from_several_threads()
    {
        using var folder = new TempFolder();
        folder.Write("a.png", LlavaFiles.Picture);
        var rows = Enumerable.Range(0, 50).Select(
            i => new ParquetFiles.Row($"p{i}", LlavaFiles.Picture, null, [("human", "What?"), ("gpt", "a cat")])).ToList();
        string[] files =
        [
            folder.Write("data.json", new JsonArray([.. Enumerable.Range(0, 50).Select(i => LlavaFiles.Sample($"j{i}"))]).ToJsonString()),
            TarFiles.Write(
                folder, "data.tar",
                Enumerable.Range(0, 50).SelectMany(
                    i => ((string, byte[])[])[($"t{i}.png", LlavaFiles.Picture), ($"t{i}.txt", "a cat"u8.ToArray())])),
            folder.Write("data.parquet", ParquetFiles.Bytes(rows, new ParquetStyle(1, Dictionary: true, GroupRows: 9, PageEntries: 4))),
        ];
        using var data = Dataset.Load(files);
        Assert.That(data.Kinds, Is.EqualTo("LLaVA JSON, WebDataset, Parquet"));
        Parallel.For(0, 1500, i =>
        {
            var sample = data[i * 7 % 150];
            Assert.That(sample.Id, Is.EqualTo($"{"jtp"[i * 7 % 150 / 50]}{i * 7 % 50}"));
            Assert.That(sample.Store.Load(sample.Images[0]).Width, Is.EqualTo(2));
        });
    }

    static string Pixels(PictureStore store, string address)
    {
        var picture = store.Load(address);
        return $"{picture.Width}x{picture.Height} {Core.Checkpoints.Digests.Sha256(picture.Pixels)}";
    }
}
