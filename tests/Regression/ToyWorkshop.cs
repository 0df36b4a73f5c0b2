using Grafting.Core.Training;
using Grafting.Recipes.Toy;
using Grafting.Tests.Cli;
using Grafting.Tests.Support;

namespace Grafting.Tests.Regression;

/// <summary>A surrogate of the built-in target, a few pictures, and a recipe that trains in seconds.</summary>
sealed class ToyWorkshop : IDisposable
{
    public const int Steps = 24;

    public const string Recipe = """
        name: tiny
        tower: { scratch: { imageSize: 16, patchSize: 8, width: 16, layers: 1, heads: 2, feedForward: 32, fit: stretch } }
        features: { keepClass: false }
        data: { validation: 0 }
        checkpointEvery: 5
        validateEvery: 6
        stages:
          - { name: align, steps: 12, imageBatch: 4, textBatch: 4, textShare: 0.5, learningRate: 3e-3, train: [ { part: adapter }, { part: boundary }, { part: translator, rate: 0.05 } ] }
          - { name: see, steps: 12, imageBatch: 4, learningRate: 2e-3, train: [ { part: tower }, { part: adapter } ] }
        """;

    readonly TempFolder _folder = new();

    /// <param name="recipe">In place of the recipe of <see cref="Steps"/> steps.</param>
    public ToyWorkshop(string recipe = Recipe)
    {
        Directory.CreateDirectory(Data);
        ToyDataset.Write(Data, 3, new ToyDatasetCounts(Train: 40, Text: 40, Validation: 4, Test: 2));
        _folder.Write("tiny.yaml", recipe);
        var built = CliRun.Of(
            "build-surrogate", "--target", "toy", "--layers", "4", "--output", Surrogate, "--workspace", Workspace("build"));
        Assert.That(built.Code, Is.Zero, built.Error);
    }

    public string Folder => _folder.Path;

    public string Data => _folder["data"];

    public string Surrogate => _folder["surrogate"];

    public string Run(string name) => _folder[$"run-{name}"];

    public string Bundle(string name) => _folder[$"bundle-{name}"];

    public string Workspace(string name) => _folder[$"workspace-{name}"];

    /// <summary>Options of <c>train-encoder</c> for a run of that name, the workspace excepted.</summary>
    public string[] Arguments(string name, string? data = null) =>
    [
        "train-encoder", "--surrogate", Surrogate, "--recipe", _folder["tiny.yaml"], "--data", data ?? Path.Combine(Data, "train.json"),
        "--images", Data, "--text", Path.Combine(Data, "text.json"), "--validation", Path.Combine(Data, "val.json"), "--run", Run(name),
        "--output", Bundle(name),
        "--device", "cpu",
    ];

    public CliRun Train(string name, string? data = null) => CliRun.Of([.. Arguments(name, data), "--workspace", Workspace(name)]);

    public List<double> Losses(string name) =>
        [.. MetricsLog.Read(Path.Combine(Run(name), RunFolder.MetricsName)).Select(m => m["loss"]!.GetValue<double>())];

    /// <summary>Whatever is half made or half removed, anywhere.</summary>
    public IEnumerable<string> Leftovers() => Directory.EnumerateFileSystemEntries(Folder, "*", SearchOption.AllDirectories)
        .Where(
            path => path.EndsWith(".partial", StringComparison.Ordinal)
                || (path.EndsWith(".lock", StringComparison.Ordinal) && Path.GetFileName(path) != ".lock"));

    public string Write(string name, string text) => _folder.Write(name, text);

    public void Dispose() => _folder.Dispose();
}
