using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Core.Running;

namespace Grafting.Recipes.Verification;

/// <summary>Collects what the checks find, and goes on after a problem.</summary>
sealed class Findings(IProgress<ProgressReport>? progress, StopRequest? stop)
{
    readonly List<Check> _checks = [];
    readonly List<string> _notes = [];

    public IReadOnlyList<Check> Checks => _checks;

    public IReadOnlyList<string> Notes => _notes;

    public void Holds(string what, string path, int? count = null) => _checks.Add(new Check(what, path) { Count = count });

    public void Fails(string what, string path, string problem, string? remedy = null) =>
        _checks.Add(new Check(what, path, problem, remedy));

    /// <summary>What was not looked at, and why.</summary>
    public void Note(string note) => _notes.Add(note);

    /// <summary>One check that holds, or one that fails for every problem.</summary>
    /// <param name="count">How many things are looked at.</param>
    public void Add(string what, string path, IEnumerable<string> problems, string remedy, int? count = null)
    {
        var before = _checks.Count;
        foreach (var problem in problems) Fails(what, path, problem, remedy);
        if (_checks.Count == before) Holds(what, path, count);
    }

    /// <summary>Looks at something; input that cannot be used becomes a check that failed.</summary>
    /// <returns>What was seen, or the default value where it cannot be used.</returns>
    public T? Try<T>(string what, string path, Func<T> look)
    {
        try
        {
            return look();
        }
        catch (GraftException error) when (error.Kind == ErrorKind.Input)
        {
            Fails(what, path, error.Message, error.Remedy);
            return default;
        }
    }

    /// <summary>Reads <c>graft.json</c> and compares it with its own digest.</summary>
    /// <param name="kind">What the folder must hold; anything if null.</param>
    public ArtefactManifest? Manifest(string folder, string? kind = null)
    {
        var path = Path.Combine(folder, ArtefactManifest.FileName);
        var manifest = Try("manifest", path, () => ArtefactManifest.Read(folder, kind));
        if (manifest is null) return null;
        Add("manifest", path, ArtefactManifest.OwnProblem(folder) is { } own ? [own.Message] : [], FileProblem.Remedy);
        if (!manifest.IsComplete(folder))
            Note(
                $"{path}: was written by an older version, without digests of itself and of single tensors; files were compared as a whole");
        return manifest;
    }

    /// <summary>Compares every file of an artefact with its stamp, and looks for files that do not belong to it.</summary>
    /// <returns>
    /// Digest, as read now, and file of every tensor in the weight files; null where a weight file is not what it must be.
    /// </returns>
    public IReadOnlyDictionary<string, (string Digest, string File)>? Files(string folder, ArtefactManifest manifest)
    {
        var (tensors, whole) = (new Dictionary<string, (string Digest, string File)>(), true);
        var read = Meter($"verifying {Path.GetFileName(folder)}", manifest.Files.Values.Sum(stamp => stamp.Bytes));
        foreach (var (name, stamp) in manifest.Files)
        {
            var path = Path.Combine(folder, name);
            var proof = FileProof.Of(path, stamp, thorough: true, read);
            foreach (var problem in proof.Problems)
                Fails(problem.Tensor is null ? "file" : "tensor", path, problem.Message, FileProblem.Remedy);
            if (proof.Problems.Count == 0) Holds("file", path);
            else if (Digests.HoldsTensors(path)) whole = false;
            foreach (var (tensor, digest) in proof.Found?.Tensors ?? new Dictionary<string, string>()) tensors[tensor] = (digest, path);
        }
        foreach (var problem in manifest.Unlisted(folder)) Fails("file", problem.Path, problem.Message, "Move it elsewhere.");
        return whole ? tensors : null;
    }

    /// <summary>Reports bytes as they are read, and leaves when a stop is requested.</summary>
    public Action<long> Meter(string stage, long total)
    {
        var done = 0L;
        return bytes =>
        {
            stop?.Token.ThrowIfCancellationRequested();
            progress?.Report(new ProgressReport(stage, done += bytes, total, "B"));
        };
    }
}
