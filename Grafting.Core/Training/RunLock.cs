using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Grafting.Core.Checkpoints;

namespace Grafting.Core.Training;

/// <summary>Who trains in a folder.</summary>
/// <param name="Process">Its number on that host.</param>
public sealed record RunHolder(int Process, string Host, DateTimeOffset Started)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"process {Process} on {Host}, since {Started.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
}

/// <summary>
/// The lock of a run: the file <c>.lock</c>, which the system holds for one process and drops with it, however it ends. Who holds it stands
/// in the file, for messages only; what stands there while nobody holds the lock was left by a process that was killed.
/// </summary>
sealed class RunLock : IDisposable
{
    public const string FileName = ".lock";
    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);
    readonly FileStream _file;

    RunLock(FileStream file, RunHolder? abandonedBy) => (_file, AbandonedBy) = (file, abandonedBy);

    /// <summary>Who held it last, if that process ended without a chance to give it back.</summary>
    public RunHolder? AbandonedBy { get; }

    /// <exception cref="GraftException">
    /// Usage, naming the holder, where there is one; Resources when the file cannot be written.
    /// </exception>
    public static RunLock Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        RunLock? taken = null;
        Durable.Guard(path, () => taken = TryTake(path));
        return taken ?? throw Held(folder, Parse(Durable.ReadLocked(path)));
    }

    public void Dispose()
    {
        // Failing would only make the next holder speak of a process that was killed.
        Leftovers.Try(_file.Name, () => _file.SetLength(0));
        _file.Dispose();
    }

    static RunLock? TryTake(string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (IsHeld(error))
        {
            return null;
        }
        var text = new StreamReader(file).ReadToEnd();
        file.SetLength(0);
        file.Write(
            JsonSerializer.SerializeToUtf8Bytes(
                new RunHolder(Environment.ProcessId, Environment.MachineName, DateTimeOffset.UtcNow), Format));
        file.Flush();
        return new RunLock(file, Parse(text));
    }

    /// <summary>EAGAIN on Linux and on other Unixes, and Windows' sharing violation.</summary>
    static bool IsHeld(IOException error) => error.HResult is 11 or 35 or unchecked((int)0x80070020);

    static GraftException Held(string folder, RunHolder? holder)
    {
        var elsewhere = holder is not null && holder.Host != Environment.MachineName;
        return Fault.Usage(
            $"another process is training in {folder}{(holder is null ? "" : $": {holder}")}.",
            $"Wait for it, or end it{(elsewhere ? $" on {holder!.Host}" : "")}; or give another --run.");
    }

    /// <summary>Null where nothing, or nothing that makes sense, stands there: it only explains.</summary>
    static RunHolder? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        try
        {
            return JsonSerializer.Deserialize<RunHolder>(text, Format);
        }
        catch (JsonException error)
        {
            Trace.TraceWarning($"{FileName} holds {Printable.Quote(text)}: {error.Message}");
            return null;
        }
    }
}
