using Grafting.Core.Data;
using Grafting.Core.Evaluation;
using Grafting.Core.Imaging;
using Grafting.Core.Models.Generation;
using Grafting.Core.Numerics;
using Grafting.Core.Text;
using Grafting.Tests.Support;
using Grafting.Tests.Text;
using static TorchSharp.torch;

namespace Grafting.Tests.Evaluation;

/// <summary>Questions about several pictures, of different shapes and cut into tiles.</summary>
public class ExamineeTests : InScope
{
    static readonly Tokenizer s_tokenizer = TinyTokenizer.Load(TinyTokenizer.ByteLevel(), null, null);
    static readonly Tiling Tiles = new() { MaxTiles = 3 };

    TempFolder _folder = null!;
    Training.Tiny _tiny = null!;
    string _wide = null!, _high = null!;

    [SetUp]
    public void Paint()
    {
        _folder = new TempFolder();
        (_wide, _high) = (Write("wide.png", 24, 8), Write("high.png", 9, 17));
    }

    [TearDown]
    public void Remove()
    {
        _tiny.Dispose();
        _folder.Dispose();
    }

    string Write(string name, int width, int height)
    {
        var random = new DeterministicRandom((ulong)width);
        return _folder.Write(
            name,
            PngWriter.Encode(
                new RgbImage(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(_ => (byte)random.NextInt(256))])));
    }

    Examinee Make(Tiling? tiling)
    {
        _tiny = new Training.Tiny(tiling: tiling, vocabulary: 300);
        return new(_tiny.Model, s_tokenizer, ChatTemplate.Named("plain"), new PictureCache(new ImagePreprocessor(Preprocessing(tiling))));
    }

    static PreprocessorConfig Preprocessing(Tiling? tiling) => PreprocessorConfig.Clip(8) with { Fit = Fit.Stretch, Tiling = tiling };

    static Question Ask(string text, params string[] images) =>
        new("q", [new Turn(Role.User, text)], "yes", "all", images, images.Length > 0 ? images[0] : "q", null);

    [Test]
    public void Each_question_sees_its_own_pictures_in_their_order([Values] bool tiled)
    {
        var examinee = Make(tiled ? Tiles : null);
        Question[] questions =
        [
            Ask("<image><image>same?", _wide, _high), Ask("<image><image>same?", _high, _wide), Ask("<image>red?", _high), Ask("red?"),
            Ask("<image>red?<image>", _wide, _wide),
        ];
        var together = examinee.Ask("all", questions);
        for (var i = 0; i < questions.Length; i++)
        {
            var alone = examinee.Ask("one", [questions[i]]).Single();
            // The same sums in float32, padded and packed otherwise.
            Assert.That(together[i].Nll, Is.EqualTo(alone.Nll).Within(1e-4), $"question {i}");
            Assert.That(together[i].Given, Is.EqualTo(alone.Given));
        }
        Assert.That(together[0].Nll, Is.Not.EqualTo(together[1].Nll).Within(1e-2), "the order of the pictures counts");
    }

    /// <summary>The prompt put together by hand: the pictures' vectors where their marks stand, and the words' embeddings.</summary>
    [Test]
    public void An_answer_continues_what_the_pictures_and_the_words_make([Values] bool tiled)
    {
        const int Tokens = 5;
        var examinee = Make(tiled ? Tiles : null);
        var reply = examinee.Reply([new Turn(Role.User, "<image>ab<image>c")], [_wide, _high], Tokens, Sampling.Greedy);

        using var _ = no_grad();
        var preprocessor = new ImagePreprocessor(Preprocessing(tiled ? Tiles : null));
        var prompt = ChatTemplate.Named("plain").Encode(
            s_tokenizer, [new Turn(Role.User, "<image>ab<image>c")], new LabelPolicy(), addGenerationPrompt: true);
        var (rows, pictures) = (new List<Tensor>(), new Queue<string>([_wide, _high]));
        foreach (var id in prompt.Ids)
        {
            if (id != EncodedChat.ImageSlot)
            {
                rows.Add(_tiny.Model.Decoder.embed(tensor(new long[] { id }).view(1, 1)).view(1, -1));
                continue;
            }
            var picture = preprocessor.Prepare(ImageReader.Read(pictures.Dequeue()));
            rows.Add(_tiny.Encoder.forward(_tiny.Model.ToPixels(picture.Pixels, 1)!, [picture.Layout]));
        }
        var x = cat(rows, 0).unsqueeze(0);
        var given = new TextGenerator(_tiny.Model.Decoder).Generate(
            x, [(int)x.shape[1]], new GenerationLimits(Tokens, ChatTemplate.Named("plain").StopIds(s_tokenizer)), Sampling.Greedy,
            null).Single();
        Assert.That(reply, Is.EqualTo(s_tokenizer.Decode(given.Ids).Trim()));
        Assert.That(given.Ids, Is.Not.Empty);
    }
}
