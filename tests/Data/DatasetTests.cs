using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Numerics;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

public class DatasetTests
{
    [Test]
    public void A_sample_holds_what_the_file_says()
    {
        using var folder = new TempFolder();
        var path = LlavaFiles.Write(
            folder,
            LlavaFiles.Sample("one").With("type", "existence").With("description", "a grey square"),
            LlavaFiles.Sample("two", image: null).With(
                "conversations", LlavaFiles.Turns(("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"))));
        using var data = Dataset.Load(path);
        Assert.Multiple(() =>
        {
            Assert.That(data, Has.Count.EqualTo(2));
            Assert.That(data[0].Id, Is.EqualTo("one"));
            Assert.That(data[0].Images, Is.EqualTo(new[] { folder["a.png"] }));
            Assert.That(
                data[0].Turns, Is.EqualTo(new[] { new Turn(Role.User, "<image>\nWhat is this?"), new Turn(Role.Assistant, "a cat") }));
            Assert.That((data[0].Type, data[0].Description, data[0].Group), Is.EqualTo(("existence", "a grey square", "a.png")));
            Assert.That(data[1].Images, Is.Empty);
            Assert.That((data[1].Type, data[1].Group), Is.EqualTo(((string?)null, "two")));
            Assert.That(data[1].Turns.Select(turn => turn.Role), Is.EqualTo(new[] { Role.System, Role.User, Role.Assistant }));
            Assert.That(data.Select(sample => sample.Id), Is.EqualTo(new[] { "one", "two" }), "enumerated in the order of the file");
            Assert.That(data.Report, Is.EqualTo(new DatasetReport(2, 1, 0, data.Report.Skipped)));
            Assert.That(data.Report.Skipped.Count, Is.Zero);
        });
    }

    [Test]
    public void Samples_can_be_read_from_several_threads()
    {
        using var folder = new TempFolder();
        using var data = Dataset.Load(LlavaFiles.Write(folder, Enumerable.Range(0, 200).Select(i => LlavaFiles.Sample($"s{i}"))));
        Parallel.For(0, 2000, i => Assert.That(data[i % 200].Id, Is.EqualTo($"s{i % 200}")));
    }

    [TestCase(BadSampleReason.MissingPicture, "b.png")]
    [TestCase(BadSampleReason.MissingPicture, "empty.png")]
    [TestCase(BadSampleReason.MissingPicture, "folder.png")]
    [TestCase(BadSampleReason.PictureOutside, "../a.png")]
    [TestCase(BadSampleReason.PictureOutside, "/etc/passwd")]
    [TestCase(BadSampleReason.PictureOutside, "")]
    public void A_picture_that_cannot_be_there_makes_the_sample_bad(BadSampleReason reason, string image)
    {
        using var folder = new TempFolder();
        folder.Write("empty.png", "");
        Directory.CreateDirectory(folder["folder.png"]);
        AssertBad(folder, LlavaFiles.Sample("bad", image), reason, image.Length == 0 ? "outside" : image);
    }

    [Test]
    public void A_folder_whose_name_only_begins_like_the_images_folder_is_outside()
    {
        using var folder = new TempFolder();
        folder.Write("images/a.png", LlavaFiles.Picture);
        folder.Write("images2/a.png", LlavaFiles.Picture);
        var path = folder.Write("data.json", new JsonArray(LlavaFiles.Sample("s", "../images2/a.png")).ToJsonString());
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(path, folder["images"]))!.Message, Does.Contain("outside"));
    }

    static IEnumerable<TestCaseData> BadConversations()
    {
        static TestCaseData Case(string name, BadSampleReason reason, string expected, JsonObject sample) =>
            new TestCaseData(reason, expected, sample).SetArgDisplayNames(name);
        JsonObject Said(string? image, params (string, string)[] turns) =>
            LlavaFiles.Sample("bad", image).With("conversations", LlavaFiles.Turns(turns));

        yield return Case("no answer", BadSampleReason.NoAnswer, "answer", Said(null, ("human", "Hi")));
        yield return Case("an empty answer", BadSampleReason.NoAnswer, "answer", Said(null, ("human", "Hi"), ("gpt", " \n")));
        yield return Case(
            "an answer before the question only", BadSampleReason.NoAnswer, "answer", Said(null, ("gpt", "Hello"), ("human", "Hi")));
        yield return Case("no turns", BadSampleReason.NoConversation, "empty", Said(null));
        yield return Case("no placeholder", BadSampleReason.Placeholder, "0 <image>", Said("a.png", ("human", "What?"), ("gpt", "a cat")));
        yield return Case(
            "two placeholders", BadSampleReason.Placeholder, "2 <image>", Said("a.png", ("human", "<image><image>"), ("gpt", "a cat")));
        yield return Case(
            "a placeholder in each of two turns", BadSampleReason.Placeholder, "2 <image>",
            Said("a.png", ("human", "<image>"), ("gpt", "a cat"), ("human", "<image>"), ("gpt", "a dog")));
        yield return Case(
            "a placeholder in the answer only", BadSampleReason.Placeholder, "0 <image>",
            Said("a.png", ("human", "What?"), ("gpt", "<image>")));
        yield return Case(
            "a placeholder without picture", BadSampleReason.Placeholder, "no picture", Said(null, ("human", "<image>"), ("gpt", "a cat")));
        yield return Case(
            "an unknown speaker", BadSampleReason.Malformed, "\"narrator\"", Said(null, ("narrator", "Once"), ("gpt", "upon")));
        yield return Case(
            "two pictures and one placeholder", BadSampleReason.Placeholder, "2 pictures and 1 <image>",
            LlavaFiles.Sample("bad").With("image", new JsonArray("a.png", "a.png")));
        yield return Case(
            "an empty list of pictures and a placeholder", BadSampleReason.Placeholder, "no picture and 1 <image>",
            LlavaFiles.Sample("bad").With("image", new JsonArray()));
        yield return Case(
            "a picture that is a number", BadSampleReason.Malformed, "'image' is a JSON Number", LlavaFiles.Sample("bad").With("image", 3));
        yield return Case(
            "a number among pictures", BadSampleReason.Malformed, "'image', item 2,",
            LlavaFiles.Sample("bad").With("image", new JsonArray("a.png", 3)));
        yield return Case(
            "a second picture that is missing", BadSampleReason.MissingPicture, "gone.png", TwoPictures("bad", "a.png", "gone.png"));
        yield return Case("a second picture outside", BadSampleReason.PictureOutside, "../b.png", TwoPictures("bad", "a.png", "../b.png"));
        yield return Case(
            "conversations as text", BadSampleReason.Malformed, "'conversations'", LlavaFiles.Sample("bad").With("conversations", "Hi"));
        yield return Case("no conversations", BadSampleReason.Malformed, "'conversations'", new JsonObject { ["id"] = "bad" });
        yield return Case(
            "a turn as text", BadSampleReason.Malformed, "turn 1", LlavaFiles.Sample("bad").With("conversations", new JsonArray("Hi")));
        yield return Case(
            "a turn without value", BadSampleReason.Malformed, "'value'",
            LlavaFiles.Sample("bad").With("conversations", new JsonArray(new JsonObject { ["from"] = "gpt" })));
    }

    static JsonObject TwoPictures(string id, string first, string second) => LlavaFiles.Sample(id)
        .With("image", new JsonArray(first, second))
        .With("conversations", LlavaFiles.Turns(("human", "<image>\n<image>\nWhich is darker?"), ("gpt", "the first")));

    [Test]
    public void A_sample_may_have_several_pictures_in_the_order_of_their_marks()
    {
        using var folder = new TempFolder();
        folder.Write("b.png", LlavaFiles.Picture);
        var later = LlavaFiles.Sample("later")
            .With("image", new JsonArray("b.png", "a.png"))
            .With(
                "conversations",
                LlavaFiles.Turns(("human", "<image>\nWhat?"), ("gpt", "a <image> tag"), ("human", "And <image>?"), ("gpt", "the same")));
        using var data = Dataset.Load(
            LlavaFiles.Write(
                folder, TwoPictures("two", "b.png", "a.png"), later,
                LlavaFiles.Sample("none", image: null).With("image", new JsonArray())));
        Assert.Multiple(() =>
        {
            Assert.That(data[0].Images, Is.EqualTo(new[] { folder["b.png"], folder["a.png"] }));
            Assert.That(data[0].Group, Is.EqualTo("b.png"));
            Assert.That(data[1].Images, Is.EqualTo(new[] { folder["b.png"], folder["a.png"] }));
            Assert.That((data[2].Images.Count, data[2].Group), Is.EqualTo((0, "none")));
            Assert.That((data.Report.Loaded, data.Report.WithPicture), Is.EqualTo((3, 2)));
        });
    }

    [TestCaseSource(nameof(BadConversations))]
    public void A_conversation_that_teaches_nothing_makes_the_sample_bad(BadSampleReason reason, string expected, JsonObject sample)
    {
        using var folder = new TempFolder();
        AssertBad(folder, sample, reason, expected);
    }

    [Test]
    public void An_element_that_is_no_object_is_a_bad_sample()
    {
        using var folder = new TempFolder();
        AssertBad(folder, JsonValue.Create(12), BadSampleReason.Malformed, "Number");
    }

    [TestCase("\\ud800", "b")]
    [TestCase("x", "\\udc00")]
    public void Half_a_surrogate_pair_makes_the_sample_bad(string id, string answer)
    {
        using var folder = new TempFolder();
        string good = LlavaFiles.Sample("good", image: null).ToJsonString(),
            bad = LlavaFiles.Sample("ID", image: null, answer: "ANSWER").ToJsonString();
        var path = folder.Write(
            "data.json", $"{good}\n{bad.Replace("ID", id, StringComparison.Ordinal).Replace("ANSWER", answer, StringComparison.Ordinal)}");
        using var data = Dataset.Load(path, maxBad: 0.5);
        Assert.That(data.Report.Skipped.First.Single().Detail, Does.Contain("Unicode"));
    }

    [Test]
    public void Random_damage_gives_samples_or_one_error()
    {
        using var folder = new TempFolder();
        var whole = File.ReadAllBytes(
            LlavaFiles.Write(
                folder, Enumerable.Range(0, 12).Select(i => LlavaFiles.Sample($"s{i}", i % 3 == 0 ? null : "a.png", "größer"))));
        var random = new DeterministicRandom(5);
        for (int i = 0; i < 150; i++)
        {
            var file = (byte[])whole.Clone();
            for (int change = random.NextInt(1, 4); change > 0; change--) file[random.NextInt(file.Length)] = (byte)random.NextInt(256);
            if (random.Chance(0.2)) file = file[..random.NextInt(file.Length)];
            try
            {
                using var data = Dataset.Load(folder.Write("damaged.json", file), maxBad: 1);
                foreach (var sample in data) Assert.That(sample.Turns, Is.Not.Empty);
            }
            catch (GraftException error)
            {
                Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
            }
        }
    }

    [Test]
    public void A_record_that_repeats_another_is_bad_while_ids_alone_may_repeat()
    {
        using var folder = new TempFolder();
        var path = LlavaFiles.Write(folder, LlavaFiles.Sample("s"), LlavaFiles.Sample("s", answer: "a dog"), LlavaFiles.Sample("s"));
        using var data = Dataset.Load(path, maxBad: 0.5);
        Assert.Multiple(() =>
        {
            Assert.That(data, Has.Count.EqualTo(2));
            Assert.That(data.Report.RepeatedIds, Is.EqualTo(1));
            Assert.That(data.Report.Skipped.First.Single().Reason, Is.EqualTo(BadSampleReason.Repeated));
            Assert.That(data.Report.Skipped.First.Single().Detail, Does.Contain("line 1"));
        });
    }

    [Test]
    public void Ids_may_be_numbers_or_missing()
    {
        using var folder = new TempFolder();
        var withoutId = LlavaFiles.Sample("");
        withoutId.Remove("id");
        using var data = Dataset.Load(LlavaFiles.Write(folder, LlavaFiles.Sample("").With("id", 17), withoutId));
        Assert.That(data.Select(sample => sample.Id), Is.EqualTo(new[] { "17", "#1" }));
    }

    [Test]
    public void One_in_a_thousand_is_skipped_counted_and_named_and_two_are_an_error()
    {
        using var folder = new TempFolder();
        IEnumerable<JsonObject> Samples(int bad) =>
            Enumerable.Range(0, 1000).Select(i => LlavaFiles.Sample($"s{i}", i < bad ? $"gone{i}.png" : "a.png"));
        using var data = Dataset.Load(LlavaFiles.Write(folder, Samples(1)));
        Assert.Multiple(() =>
        {
            Assert.That(data, Has.Count.EqualTo(999));
            Assert.That(data[0].Id, Is.EqualTo("s1"));
            Assert.That(data.Report.Skipped.Count, Is.EqualTo(1));
            Assert.That(data.Report.Skipped.First[0].ToString(), Does.Contain("\"s0\"").And.Contain("gone0.png"));
            Assert.That(
                data.Report.Skipped.ByReason, Is.EqualTo(new Dictionary<BadSampleReason, int> { [BadSampleReason.MissingPicture] = 1 }));
        });

        var error = Assert.Throws<GraftException>(() => Dataset.Load(LlavaFiles.Write(folder, Samples(8))))!;
        Assert.Multiple(() =>
        {
            Assert.That(error.Kind, Is.EqualTo(ErrorKind.Input));
            Assert.That(
                error.Message, Does.Contain("8 of 1000 samples").And.Contain("at most 1").And.Contain("gone4.png").And.Contain("3 more"));
            Assert.That(error.Message, Does.Not.Contain("gone5.png"));
            Assert.That(error.Remedy, Does.Contain("maxBadSamples"));
        });
    }

    [Test]
    public void Where_no_sample_can_be_used_and_all_may_be_skipped_the_first_says_why()
    {
        using var folder = new TempFolder();
        var path = LlavaFiles.Write(folder, LlavaFiles.Sample("one", image: "gone.png"), LlavaFiles.Sample("two", image: "gone-too.png"));
        var error = Assert.Throws<GraftException>(() => Dataset.Load(path, maxBad: 1))!;
        Assert.That(error.Message, Does.Contain("none of its 2 samples").And.Contain("gone.png"));
    }

    [TestCase("[]")]
    [TestCase(" \n ")]
    public void A_file_without_samples_is_an_error(string content)
    {
        using var folder = new TempFolder();
        Assert.That(
            Assert.Throws<GraftException>(() => Dataset.Load(folder.Write("data.json", content)))!.Message, Does.Contain("no samples"));
    }

    [Test]
    public void A_missing_file_or_images_folder_is_an_error()
    {
        using var folder = new TempFolder();
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(folder["none.json"]))!.Message, Does.Contain("none.json"));
        var path = LlavaFiles.Write(folder, LlavaFiles.Sample("s"));
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(path, folder["none"]))!.Message, Does.Contain("none"));
    }

    [Test]
    public void The_fingerprint_is_the_digest_of_the_file()
    {
        using var folder = new TempFolder();
        var path = LlavaFiles.Write(folder, LlavaFiles.Sample("s"));
        using var data = Dataset.Load(path);
        Assert.That(data.Fingerprint, Is.EqualTo(Grafting.Core.Checkpoints.Digests.Sha256(path)));
    }

    [Test]
    public void A_file_that_is_changed_while_in_use_is_noticed()
    {
        using var folder = new TempFolder();
        var path = LlavaFiles.Write(folder, LlavaFiles.Sample("s"), LlavaFiles.Sample("t"));
        using var data = Dataset.Load(path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write)) file.Write("garbage"u8);
        Assert.That(Assert.Throws<GraftException>(() => _ = data[0])!.Message, Does.Contain("changed"));
    }

    [TestCase("datasets/fashion-mnist", "llava_train.json", "", 750, 750)]
    [TestCase("datasets/nlvr", "llava_dev.json", "", 989, 989)]
    public void Public_data_loads_without_loss(string folder, string file, string images, int samples, int pictures)
    {
        var root = Shared.Real(folder);
        using var data = Dataset.Load(Path.Combine(root, file), Path.Combine(root, images));
        Assert.That((data.Report.Loaded, data.Report.WithPicture, data.Report.Skipped.Count), Is.EqualTo((samples, pictures, 0)));
    }

    static void AssertBad(TempFolder folder, JsonNode sample, BadSampleReason reason, string expected)
    {
        var path = LlavaFiles.Write(folder, LlavaFiles.Sample("good"), sample);
        using (var data = Dataset.Load(path, maxBad: 0.5))
        {
            var bad = data.Report.Skipped.First.Single();
            Assert.That((bad.Reason, data.Count), Is.EqualTo((reason, 1)));
            Assert.That(bad.ToString(), Does.Contain(expected));
        }
        Assert.That(Assert.Throws<GraftException>(() => Dataset.Load(path))!.Message, Does.Contain("1 of 2 samples").And.Contain(expected));
    }
}
