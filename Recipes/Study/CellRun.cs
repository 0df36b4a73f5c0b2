using System.Diagnostics;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data;
using Grafting.Core.Evaluation;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Models.Decoders;
using Grafting.Core.Running;
using Grafting.Core.Text;
using Grafting.Core.Training;
using Grafting.Recipes.Runs;
using Grafting.Recipes.Schema;
using static TorchSharp.torch;

namespace Grafting.Recipes.Study;

/// <summary>Trains and examines one cell, on one thread.</summary>
sealed class CellRun(StudyPlace place, StudyTargets targets, StudyTarget target, Recipe study, StudyCell cell)
{
    const ulong BlindSeed = 1;

    readonly Recipe _recipe = cell.Condition.Apply(study, cell.Seed);
    readonly Dictionary<string, SystemAnswers> _systems = new(StringComparer.Ordinal);
    readonly Dictionary<string, double> _validation = new(StringComparer.Ordinal);
    readonly Stopwatch _asking = new();
    readonly Tokenizer _tokenizer = Tokenizer.Load(target.Folder);
    PictureCache? _pictures;
    double _flops;
    double _seconds;

    /// <summary>Digest of everything that the result depends on.</summary>
    public string Inputs => Digests.Sha256(System.Text.Encoding.UTF8.GetBytes(
        $"{RecipeFile.Resolve(_recipe)}\n{RecipeFile.Resolve(study)}\n{place.DataIdentity}\n{target.Analysis!.Facts.TargetIdentity}\n{StudyCurve.Version}"));

    public CellResult Run(StopRequest? stop)
    {
        var template = ChatTemplate.For(_tokenizer, target.Folder);
        var scratch = cell.Condition.FineTuning == StudyFineTuning.FromScratch;
        var (trained, translators) = targets.Load(target, scratch ? cell.Condition with { Decoder = StudyDecoder.Whole } : cell.Condition);
        CpuThreads.Fit(trained.Shape, CPU);
        IReadOnlyList<FineTunedPoint>? curve = null;
        VisionEncoder? encoder = null;
        try
        {
            (encoder, var preprocessing) = EncoderTraining.CreateEncoder(_recipe, trained);
            _pictures = new PictureCache(new ImagePreprocessor(preprocessing));
            var model = new TrainingModel(trained, encoder, translators);
            var spent = Train(model, translators.Count, _recipe.Stages, template, stop);
            if (cell.Condition.FineTuning == StudyFineTuning.None) Examine(model, template, stop);
            else curve = new StudyCurve(this, targets, target, study, cell).Run(encoder, spent.Flops, spent.Seconds, template, stop);
        }
        finally
        {
            encoder?.Dispose();
            trained.Dispose();
        }
        return new CellResult(
            CellResult.Version, cell, Inputs, _systems, _validation, _flops, _seconds, _asking.Elapsed.TotalSeconds, curve);
    }

    public Recipe Recipe => _recipe;

    public int TrainingPictures => place.TrainPictures;

    /// <summary>Trains the stages, in a run folder that is gone afterwards.</summary>
    public (double Flops, double Seconds) Train(
        TrainingModel model, int translators, IReadOnlyList<StageConfig> stages, ChatTemplate template, StopRequest? stop)
    {
        var (flops, seconds) = (0.0, 0.0);
        var folder = Path.Combine(place.Scratch, "runs", cell.Key);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        using var data = new TrainingData(place.FilesOf(cell.Condition), _recipe, _pictures!);
        ChatEncoder Encoding(StageConfig stage) => EncoderOf(model, stage, template);
        using (var run = RunFolder.Create(folder, RecipeFile.Resolve(_recipe), "study"))
        {
            seconds = new Trainer(model, run, new TrainerSettings(_recipe.CheckpointEvery, _recipe.ValidateEvery)).Train(
                [.. stages.Select((stage, i) => (stage, data.Sources(stage, Encoding(stage), (ulong)_recipe.Seed, i, [])))],
                RecipeFile.Digest(_recipe), data.Read.Fingerprint, null, stop);
            foreach (
                var step in MetricsLog.Read(run.MetricsPath).GroupBy(step => step["stage"]!.GetValue<string>(), StringComparer.Ordinal))
            {
                double Sum(string name) => step.Sum(metrics => metrics[name]!.GetValue<double>());
                var squares = Sum(model.Encoder!.Tiling is null ? "pictures" : "squares");
                flops += new StudyCost(
                    model, translators, stages.First(stage => stage.Name == step.Key)).Of(Sum("tokens"), Sum("targets"), squares);
            }
        }
        Directory.Delete(folder, recursive: true);
        _flops += flops;
        _seconds += seconds;
        return (flops, seconds);
    }

    /// <summary>Operations of one step of a stage, at the mean length of the first samples.</summary>
    public double FlopsOfStep(TrainingModel model, int translators, StageConfig stage, ChatTemplate template)
    {
        const int Samples = 64;
        using var data = new TrainingData(place.FilesOf(cell.Condition), _recipe, _pictures!);
        var sources = data.Sources(stage, EncoderOf(model, stage, template), (ulong)_recipe.Seed, 0, []);
        var cost = new StudyCost(model, translators, stage);
        return Of(sources.Images, stage.ImageBatch) + Of(sources.Texts, stage.TextBatch);

        double Of(ISampleSource? source, int batch)
        {
            if (batch == 0) return 0;
            var samples = Enumerable.Range(0, Samples).Select(i => source!.At(i)).ToList();
            return batch * cost.Of(
                samples.Average(sample => PackedBatch.LengthOf(sample.Chat, model.ImageTokens, sample.Layouts)),
                samples.Average(sample => sample.Chat.Weights.Count(weight => weight > 0)),
                samples.Average(sample => sample.Layouts.Sum(layout => layout.Squares)));
        }
    }

    IReadOnlyList<ScoredAnswer> Ask(TrainingModel model, ChatTemplate template, IReadOnlyList<Question> questions, StopRequest? stop)
    {
        _asking.Start();
        var answers = new Examinee(
            model, _tokenizer, template, model.Encoder is null ? null : _pictures).Ask(cell.Key, questions, null, stop);
        _asking.Stop();
        return answers;
    }

    public SystemAnswers AskTest(TrainingModel model, ChatTemplate template, StopRequest? stop) =>
        SystemAnswers.From(Ask(model, template, place.Test, stop));

    public double AskValidation(TrainingModel model, ChatTemplate template, StopRequest? stop) =>
        100 * Ask(model, template, place.Validation, stop).Average(answer => answer.Correct ? 1.0 : 0.0);

    void Examine(TrainingModel model, ChatTemplate template, StopRequest? stop)
    {
        var whole = cell.Condition.Decoder == StudyDecoder.Whole;
        Put(whole ? "graft" : "pair", model);
        _systems["words"] = SystemAnswers.From(
            Ask(new TrainingModel(model.Decoder, null, []), template, Question.InWords(place.Test), stop));
        if (whole) return;
        using var full = DecoderFamilies.Load(target.Folder, CPU, ScalarType.Float32);
        var grafted = new TrainingModel(full, model.Encoder, []);
        Put("graft", grafted);
        _systems["blind"] = SystemAnswers.From(Ask(grafted, template, Question.Blind(place.Test, BlindSeed), stop));

        void Put(string name, TrainingModel asked)
        {
            _systems[name] = AskTest(asked, template, stop);
            _validation[name] = AskValidation(asked, template, stop);
        }
    }

    ChatEncoder EncoderOf(TrainingModel model, StageConfig stage, ChatTemplate template) =>
        new(_tokenizer, template, stage.ToLabels(), model.ImageTokens, model.Decoder.Shape.MaxPositions);
}
