using System.Text;
using Grafting.Core.Data;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Generation;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Training;
using static TorchSharp.torch;

namespace Grafting.Core.Evaluation;

/// <summary>A system that can be asked: a decoder with or without eyes, its tokenizer and template.</summary>
/// <param name="model">Decoder and encoder.</param>
/// <param name="tokenizer">The decoder's.</param>
/// <param name="template">How turns are written.</param>
/// <param name="pictures">Reads and preprocesses pictures; null for text only.</param>
/// <param name="imagePrompt">
/// What leads from a picture to its question (<see cref="ImagePrompt"/>), as the encoder was trained; null: nothing.
/// </param>
public sealed class Examinee(
    TrainingModel model, Tokenizer tokenizer, ChatTemplate template, PictureCache? pictures, string? imagePrompt = null)
{
    /// <summary>Questions in one forward pass.</summary>
    const int Batch = 32;

    /// <summary>More tokens than the expected answer has that a wrong one may run on.</summary>
    const int Slack = 4;

    readonly IReadOnlyList<int> _stops = template.StopIds(tokenizer);

    /// <summary>Puts every question, in order.</summary>
    /// <param name="name">Of the system, for the progress display.</param>
    public IReadOnlyList<ScoredAnswer> Ask(
        string name, IReadOnlyList<Question> questions, IProgress<ProgressReport>? progress = null, StopRequest? stop = null)
    {
        using var _ = no_grad();
        var answers = new List<ScoredAnswer>();
        foreach (var chunk in questions.Chunk(Batch))
        {
            if (stop is { Requested: true }) throw stop.Stopped("An evaluation saves nothing.", "Run the command again.");
            using var scope = NewDisposeScope();
            var shown = Show(chunk);
            var losses = Losses(chunk, shown);
            var given = Generate(chunk, shown);
            answers.AddRange(chunk.Select((q, i) => q.Score(given[i], losses[i])));
            progress?.Report(new ProgressReport($"asking {name}", answers.Count, questions.Count, "questions"));
        }
        return answers;
    }

    /// <summary>Continues one conversation.</summary>
    /// <param name="imagePaths">Of the pictures, in the order of their marks in the turns.</param>
    /// <param name="onText">Receives the answer as it grows.</param>
    public string Reply(
        IReadOnlyList<Turn> turns, IReadOnlyList<string> imagePaths, int maxTokens, Sampling sampling, Action<string>? onText = null)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var question = new Question("chat", turns, "", "", imagePaths, "", null);
        var stream = new TokenStream(tokenizer);
        var text = new StringBuilder();
        Continue([question], Show([question]), maxTokens, sampling, (_, id) => Emit(stream.Push(id)));
        Emit(stream.Flush());
        return text.ToString().Trim();

        void Emit(string piece)
        {
            text.Append(piece);
            if (piece.Length > 0) onText?.Invoke(piece);
        }
    }

    /// <summary>What a chunk of questions shows.</summary>
    /// <param name="Layouts">How the pictures of each question are cut.</param>
    /// <param name="Pixels">Of all of them; null where there are none.</param>
    sealed record Shown(IReadOnlyList<IReadOnlyList<PictureLayout>> Layouts, Tensor? Pixels);

    double[] Losses(Question[] questions, Shown shown)
    {
        var chats = questions.Select(q => LastAnswerOnly(q)).ToList();
        var packed = PackedBatch.Pack(chats, model.ImageTokens, rowLength: 1, shown.Layouts);
        var losses = model.Losses(PackedTensors.From(packed, model.Device), shown.Pixels).cpu().data<float>().ToArray();
        var sums = new double[questions.Length];
        for (var i = 0; i < losses.Length; i++) sums[packed.TargetOwners[i]] += losses[i];
        return sums;
    }

    /// <summary>Labels of the expected answer alone, not of the answers that the conversation already holds.</summary>
    EncodedChat LastAnswerOnly(Question question)
    {
        var chat = template.Encode(tokenizer, question.Answered, new LabelPolicy(), imagePrompt: imagePrompt);
        var before = Prompt(question).Ids.Length;
        return chat with { Weights = [.. chat.Weights.Select((w, i) => i < before ? 0 : w)] };
    }

    EncodedChat Prompt(Question question) =>
        template.Encode(tokenizer, question.Turns, new LabelPolicy(), addGenerationPrompt: true, imagePrompt);

    string[] Generate(Question[] questions, Shown shown)
    {
        var longest = questions.Max(q => tokenizer.Encode(q.Expected, addSpecialTokens: false).Length);
        var continuations = Continue(questions, shown, longest + Slack, Sampling.Greedy, null);
        return Array.ConvertAll(continuations, c => tokenizer.Decode(c.Ids, skipSpecialTokens: true).Trim());
    }

    Continuation[] Continue(Question[] questions, Shown shown, int maxTokens, Sampling sampling, Action<int, int>? onToken)
    {
        var prompts = questions.Select(
            (q, i) => ImageSplice.Expand(
                Prompt(q).Ids, EncodedChat.ImageSlot, picture => model.ImageTokens.Of(shown.Layouts[i], picture))).ToList();
        var batch = PromptBatch.LeftPadded(prompts, EncodedChat.ImageSlot);
        var images = shown.Pixels is null ? null : model.Encoder!.forward(shown.Pixels, [.. shown.Layouts.SelectMany(layouts => layouts)]);
        var embeds = batch.Embed(model.Decoder, images);
        return new TextGenerator(model.Decoder).Generate(embeds, batch.Lengths, new GenerationLimits(maxTokens, _stops), sampling, onToken);
    }

    Shown Show(Question[] questions)
    {
        if (questions.All(q => q.Images.Count == 0)) return new([.. questions.Select(_ => Array.Empty<PictureLayout>())], null);
        if (pictures is null) throw new InvalidOperationException("a question has a picture and the examinee no eyes");
        PreparedPicture[][] seen = [.. questions.Select(q => q.Images.Select(image => pictures.Load(image, q.Store)).ToArray())];
        PreparedPicture[] all = [.. seen.SelectMany(own => own)];
        return new(
            [.. seen.Select(own => Array.ConvertAll(own, picture => picture.Layout))], model.ToPixels(MicroBatch.Join(all), all.Length));
    }
}
