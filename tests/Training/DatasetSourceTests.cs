using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Imaging;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Tests.Data;
using Grafting.Tests.Support;
using Grafting.Tests.Text;

namespace Grafting.Tests.Training;

public class DatasetSourceTests
{
    const int ImageTokens = 2;

    static readonly string[] s_prompts = ["See", "Look at", "Shown here is"];

    static readonly Tokenizer s_tokenizer = TinyTokenizer.Load(TinyTokenizer.ByteLevel(), null, null);

    static Sample Pictured(string id, params string[] images) =>
        new(id, images, [new(Role.User, string.Concat(images.Select(_ => Turn.ImageMark)) + id), new(Role.Assistant, "yes")]);

    static DatasetSource Source(
        IReadOnlyList<Sample> samples, BadSampleLog? skipped = null, ulong seed = 1, int maxLength = 100, params string[] prompts) => new(
        samples, new ChatEncoder(s_tokenizer, ChatTemplate.Named("plain"), new LabelPolicy(), ImageTokens, maxLength),
        new PictureCache(new ImagePreprocessor(PreprocessorConfig.Clip(2))), skipped ?? new BadSampleLog("data", 0), seed,
        new PromptDraw(prompts, seed));

    static string Read(EncodedSample sample) => s_tokenizer.Decode([.. sample.Chat.Ids.Where(id => id != EncodedChat.ImageSlot)]);

    [Test]
    public void Pictures_come_in_the_order_of_the_sample()
    {
        using var folder = new TempFolder();
        var (dark, light) = (Write(folder, "dark.png", 0), Write(folder, "light.png", 255));
        var sample = Source([Pictured("q", light, dark, light)]).At(0);
        Assert.Multiple(() =>
        {
            Assert.That(sample.Pictures, Has.Count.EqualTo(3));
            Assert.That(sample.Pictures.Select(picture => picture.Pixels.Max() > 0), Is.EqualTo(new[] { true, false, true }));
            Assert.That(sample.IsText, Is.False);
        });
    }

    [Test]
    public void One_damaged_picture_of_several_makes_the_sample_unusable_and_is_named()
    {
        using var folder = new TempFolder();
        var (good, damaged) = (Write(folder, "good.png", 9), folder.Write("damaged.png", LlavaFiles.Picture[..20]));
        var skipped = new BadSampleLog("data", 0.5);
        skipped.SetTotal(2);
        var source = Source([Pictured("bad", good, damaged), Pictured("other", good, good)], skipped);
        Assert.Multiple(() =>
        {
            foreach (var position in Enumerable.Range(0, 4)) Assert.That(source.At(position).Id, Is.EqualTo("other"));
            Assert.That(skipped.Count, Is.EqualTo(1));
            Assert.That(skipped.First[0].Reason, Is.EqualTo(BadSampleReason.DamagedPicture));
            Assert.That(skipped.First[0].Where, Does.Contain("damaged.png").And.Contain("\"bad\""));
        });
    }

    [Test]
    public void A_picture_that_is_cut_off_with_the_end_is_not_read()
    {
        using var folder = new TempFolder();
        var (good, damaged) = (Write(folder, "good.png", 9), folder.Write("damaged.png", LlavaFiles.Picture[..20]));
        var sample = new Sample(
            "s", [good, damaged],
            [new(Role.User, "<image>a"), new(Role.Assistant, "b"), new(Role.User, "<image>c"), new(Role.Assistant, "d")]);
        // Picture, a, line break, b, line break: 6 positions; the second picture would end at 8.
        Assert.That(Source([sample], maxLength: 7).At(0).Pictures, Has.Count.EqualTo(1));
        Assert.Throws<GraftException>(() => Source([sample], Counted(), maxLength: 8).At(0));
    }

    [Test]
    public void Every_position_draws_its_prompt_and_always_the_same()
    {
        using var folder = new TempFolder();
        var picture = Write(folder, "a.png", 9);
        Sample[] samples = [.. Enumerable.Range(0, 20).Select(i => Pictured($"Q{i}.", picture))];
        var source = Source(samples, prompts: s_prompts);
        var read = Enumerable.Range(0, 60).Select(k => Read(source.At(k))).ToList();
        var again = Source(samples, prompts: s_prompts);
        Assert.Multiple(() =>
        {
            for (var k = 59; k >= 0; k--) Assert.That(Read(again.At(k)), Is.EqualTo(read[k]), $"position {k}, asked in another order");
            Assert.That(read, Has.All.Match(@"^(See|Look at|Shown here is) , q\d+\.\nyes\n$"));
            // 60 draws of 3: a third each is 20, with a standard deviation of 3.7.
            foreach (var prompt in s_prompts)
                Assert.That(read.Count(text => text.StartsWith(prompt, StringComparison.Ordinal)), Is.EqualTo(20).Within(15));
            Assert.That(
                read.GroupBy(text => text[text.IndexOf('q')..]).Count(sample => sample.Distinct().Count() > 1), Is.GreaterThan(10),
                "drawn anew in every epoch");
            Assert.That(
                Enumerable.Range(0, 60).Select(k => Read(Source(samples, seed: 2, prompts: s_prompts).At(k))), Is.Not.EqualTo(read));
        });
    }

    [Test]
    public void A_single_prompt_is_always_taken_and_text_has_none()
    {
        using var folder = new TempFolder();
        var source = Source(
            [Pictured("Q", Write(folder, "a.png", 9)), new Sample("t", [], [new(Role.User, "Text"), new(Role.Assistant, "yes")])],
            prompts: ["See"]);
        Assert.That(
            Enumerable.Range(0, 4).Select(k => Read(source.At(k))).Distinct(), Is.EquivalentTo(new[] { "See , q\nyes\n", "Text\nyes\n" }));
    }

    [Test]
    public void Without_a_seed_samples_come_as_they_stand()
    {
        Sample Text(string id) => new(id, [], [new(Role.User, "a"), new(Role.Assistant, "b")]);
        var source = new DatasetSource(
            [Text("x"), Text("y"), Text("z")], new ChatEncoder(s_tokenizer, ChatTemplate.Named("plain"), new LabelPolicy(), 0, 100), null,
            Counted(), seed: null);
        Assert.That(Enumerable.Range(0, 5).Select(k => source.At(k).Id), Is.EqualTo(new[] { "x", "y", "z", "x", "y" }));
    }

    [Test]
    public void Prompts_leave_the_order_as_it_is()
    {
        using var folder = new TempFolder();
        var picture = Write(folder, "a.png", 9);
        Sample[] samples = [.. Enumerable.Range(0, 20).Select(i => Pictured($"Q{i}", picture))];
        IEnumerable<string> Ids(DatasetSource source) => Enumerable.Range(0, 40).Select(k => source.At(k).Id);
        Assert.That(Ids(Source(samples, prompts: s_prompts)), Is.EqualTo(Ids(Source(samples))));
    }

    [Test]
    public void A_mix_of_sources_reads_each_sample_once_an_epoch_and_shuffles_anew()
    {
        Sample Text(string id) => new(id, [], [new(Role.User, "a"), new(Role.Assistant, "b")]);
        Sample[] some = [.. Enumerable.Range(0, 12).Select(i => Text($"x{i}"))],
            others = [.. Enumerable.Range(0, 6).Select(i => Text($"y{i}"))];
        var mixed = new MixedSource([(Source(some), 12), (Source(others, seed: 5), 6)]);
        var read = Enumerable.Range(0, 36).Select(k => mixed.At(k).Id).ToList();
        var (first, second) = (read[..18], read[18..]);
        Assert.Multiple(() =>
        {
            Assert.That(first, Is.Unique);
            Assert.That(second, Is.EquivalentTo(first).And.Not.EqualTo(first));
            Assert.That(read.Select(id => id[0]).Chunk(3).Select(three => three.Count(c => c == 'x')), Has.All.EqualTo(2));
            Assert.That(mixed.At(7).Id, Is.EqualTo(read[7]), "whatever was asked before");
        });
    }

    static BadSampleLog Counted()
    {
        var log = new BadSampleLog("data", 0);
        log.SetTotal(1);
        return log;
    }

    static string Write(TempFolder folder, string name, byte grey) =>
        folder.Write(name, PngWriter.Encode(new RgbImage(2, 2, [.. Enumerable.Repeat(grey, 12)])));
}
