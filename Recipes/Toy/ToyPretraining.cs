using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Evaluation;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Models.Decoders.Llama;
using Grafting.Core.Numerics;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Training;
using static TorchSharp.torch;
using AskedQuestion = Grafting.Core.Evaluation.Question;

namespace Grafting.Recipes.Toy;

/// <summary>One phase of the pre-training.</summary>
/// <param name="Layers">Decoder layers in this phase.</param>
/// <param name="Easy">Conversations at its beginning whose scenes grow from one thing to as many as scenes have.</param>
public sealed record ToyPhase(int Layers, long Easy, StageConfig Stage);

/// <param name="Seconds">Training time.</param>
/// <param name="ExactMatch">Percent of the questions about validation scenes that the target answers from their description.</param>
public sealed record ToyPretrainingResult(string Target, double Seconds, double ExactMatch);

/// <summary>
/// Trains the built-in target from nothing, on text alone: scenes in words and questions about them. A shallow model learns first and is
/// then made twice as deep by layers that begin as the identity, which costs half of training the deep one from the start; its larger
/// sibling (<see cref="DeepPhases"/>) has its whole depth from the start. The same seed gives the same bytes on the same machine.
/// </summary>
public static class ToyPretraining
{
    /// <summary>Kind of the manifest in a pre-trained target.</summary>
    public const string Kind = "target";

    const ulong ValidationStream = 1 << 20;
    const int ValidationScenes = 100;
    const int QuestionsPerConversation = 2;
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static LlamaConfig Architecture(int layers) => new(
        new DecoderShape(
            Width: 64,
            FeedForwardWidth: 160,
            layers,
            Heads: 4,
            KvHeads: 2,
            HeadWidth: 16,
            Vocabulary: ToyTokenizer.VocabularySize,
            MaxPositions: 512),
        NormEpsilon: 1e-5,
        // Sequences are short: a small base lets more of each head's width tell positions apart.
        new RopeConfig(200),
        TieEmbeddings: true);

    /// <summary>The phases that made the target that comes with graft.</summary>
    public static IReadOnlyList<ToyPhase> Phases { get; } =
        [
            new(4, Easy: 400 * 32, Phase("shallow", steps: 2500, learningRate: 4e-3)),
            new(8, Easy: 0, Phase("deep", steps: 1500, learningRate: 2e-3)),
        ];

    /// <summary>
    /// The phase of the larger sibling: sixteen layers from the start, so that no layer begins as a part of a model that could do without
    /// it and the whole depth is used.
    /// </summary>
    public static IReadOnlyList<ToyPhase> DeepPhases { get; } = [new(16, Easy: 400 * 32, Phase("whole", steps: 2500, learningRate: 2e-3))];

    /// <summary>The phases that make a target of so many layers.</summary>
    /// <exception cref="GraftException">Usage: no phases are known for that number.</exception>
    public static IReadOnlyList<ToyPhase> PhasesFor(int layers) => layers switch
    {
        8 => Phases,
        16 => DeepPhases,
        _ => throw Fault.Usage($"--layers is {layers}; targets of 8 and 16 layers can be made."),
    };

    static StageConfig Phase(string name, int steps, double learningRate) => new()
    {
        Name = name,
        Steps = steps,
        TextBatch = 32,
        MicroBatch = 32,
        RowLength = 128,
        LearningRate = learningRate,
        WarmUp = 0.05,
        Optimizer = new AdamWConfig { Beta1 = 0.9, Beta2 = 0.95, WeightDecay = 0.05 },
        SpecialTokenWeight = 0.05,
        Train = [new TrainedPart { Part = "decoder" }],
    };

    /// <param name="target">Folder that receives the target.</param>
    /// <param name="runs">Folder of the phases' runs; what is there is gone on with.</param>
    public static ToyPretrainingResult Run(
        string target,
        string runs,
        IReadOnlyList<ToyPhase> phases,
        ulong seed,
        Device device,
        string command,
        IProgress<ProgressReport>? progress = null,
        StopRequest? stop = null)
    {
        Directory.CreateDirectory(runs);
        ToyTokenizer.Write(runs);
        var tokenizer = Tokenizer.Load(runs);
        var template = ChatTemplate.For(tokenizer, runs);
        CpuThreads.Fit(Architecture(1).Shape, device);
        var questions = ValidationQuestions();
        var encoder = new ChatEncoder(tokenizer, template, new LabelPolicy(), 0, Architecture(1).Shape.MaxPositions);
        List<EncodedSample> validation = [.. questions.Select(q => new EncodedSample(q.Id, encoder.Encode(q.Id, q.Answered), []))];

        Decoder? decoder = null;
        try
        {
            var seconds = 0.0;
            foreach (var phase in phases)
            {
                decoder = Grow(decoder, phase.Layers, seed, device);
                var recipe = JsonSerializer.Serialize(new { phase, architecture = Architecture(phase.Layers), seed }, Indented);
                var folder = Path.Combine(runs, phase.Stage.Name);
                using var run = Directory.Exists(folder) ? RunFolder.Open(folder, command) : RunFolder.Create(folder, recipe, command);
                var text = new Source(tokenizer, template, phase, seed);
                seconds += new Trainer(
                    new TrainingModel(decoder, null, []), run, new TrainerSettings(CheckpointEvery: 500, ValidateEvery: 250)).Train(
                    [(phase.Stage, new StageData(null, text, validation))], Digests.Sha256(System.Text.Encoding.UTF8.GetBytes(recipe)),
                    $"toy {seed}", progress, stop);
            }
            var answers = new Examinee(
                new TrainingModel(decoder!, null, []), tokenizer, template, null).Ask("the target", questions, progress, stop);
            AtomicFolder.Commit(
                target, staging => Write(staging, decoder!, tokenizer, new Origin(command, null, (long)seed)), replace: true);
            return new ToyPretrainingResult(target, seconds, 100 * answers.Average(a => a.Correct ? 1 : 0));
        }
        finally
        {
            decoder?.Dispose();
        }
    }

    /// <summary>
    /// A decoder with the layers of the one before it, if any, in front. New layers add nothing to the residual stream until they are
    /// trained; embeddings are wide, since they stand for the words from the start.
    /// </summary>
    static Decoder Grow(Decoder? before, int layers, ulong seed, Device device)
    {
        var decoder = Architecture(layers).Build(device, ScalarType.Float32);
        var initialiser = new Initialiser(seed);
        var learned = before?.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal) ?? [];
        using var _ = no_grad();
        foreach (var (name, parameter) in decoder.named_parameters())
        {
            if (learned.TryGetValue(name, out var value)) parameter.copy_(value);
            else if (name.EndsWith("norm.weight", StringComparison.Ordinal)) Initialiser.Constant(parameter, 1);
            else if (name.EndsWith("attention.output.weight", StringComparison.Ordinal)
                || name.EndsWith("down.weight", StringComparison.Ordinal))
                Initialiser.Constant(parameter, 0);
            else initialiser.Normal(
                name, parameter,
                name.StartsWith("embedding", StringComparison.Ordinal) ? 0.5 : Math.Pow(Architecture(layers).Shape.Width, -0.5));
        }
        before?.Dispose();
        return decoder;
    }

    static void Write(string folder, Decoder decoder, Tokenizer tokenizer, Origin origin)
    {
        var stamp = SafetensorsWriter.Write(
            Path.Combine(folder, Checkpoint.SingleFileName),
            Weights.Sources(decoder, decoder.Keys),
            new Dictionary<string, string> { ["format"] = "pt" });
        var config = decoder.Config.ToJson(ScalarType.Float32);
        (config["bos_token_id"], config["eos_token_id"]) = (tokenizer.BeginId, tokenizer.EndId);
        WriteJson(Checkpoint.ConfigName, config);
        WriteJson("generation_config.json", new JsonObject { ["bos_token_id"] = tokenizer.BeginId, ["eos_token_id"] = tokenizer.EndId });
        ToyTokenizer.Write(folder);
        new ArtefactManifest(Kind, origin) { Files = new Dictionary<string, FileStamp> { [Checkpoint.SingleFileName] = stamp } }.Write(
            folder);

        void WriteJson(string name, JsonObject json) => File.WriteAllText(Path.Combine(folder, name), json.ToJsonString(Indented) + "\n");
    }

    static List<AskedQuestion> ValidationQuestions()
    {
        var random = new DeterministicRandom(0, ValidationStream);
        var scenes = new SceneGenerator(random);
        var questions = new List<AskedQuestion>();
        for (var n = 0; n < ValidationScenes; n++)
        {
            var scene = scenes.Next(SceneSplit.Validation);
            foreach (var type in Enum.GetValues<QuestionType>())
            {
                if (SceneQuestions.TryAsk(random, scene, type) is not { } question) continue;
                var sample = new Sample(
                    string.Create(CultureInfo.InvariantCulture, $"validation {n}"), [], ToyText.WithDescription(scene, [question]),
                    SceneWords.Of(type));
                questions.AddRange(AskedQuestion.From(sample));
            }
        }
        return questions;
    }

    /// <summary>An endless stream of conversations, each from its own random numbers.</summary>
    sealed class Source(Tokenizer tokenizer, ChatTemplate template, ToyPhase phase, ulong seed) : ISampleSource
    {
        readonly ChatEncoder _encoder = new(
            tokenizer, template, new LabelPolicy(phase.Stage.SpecialTokenWeight), 0, Architecture(1).Shape.MaxPositions);

        public EncodedSample At(long position)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"conversation {position}");
            var most = position < phase.Easy ? 1 + (int)(position * SceneGenerator.MostThings / phase.Easy) : SceneGenerator.MostThings;
            // Each phase reads other conversations.
            var stream = seed + ((ulong)phase.Layers << 32);
            return new EncodedSample(id, _encoder.Encode(id, ToyText.At(stream, position, QuestionsPerConversation, most)), []);
        }
    }
}
