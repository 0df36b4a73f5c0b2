using Grafting.Core.Imaging;

namespace Grafting.Core.Data;

/// <summary>One file (or folder of classes) of a data set. Safe to read from several threads.</summary>
abstract class DataPart(string path) : IDisposable
{
    public string Path { get; } = path;

    public abstract DataKind Kind { get; }

    /// <summary>Usable samples.</summary>
    public abstract int Count { get; }

    /// <summary>Changes with the content, lower-case hex.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>Members that are no part of a sample, such as folders and links of an archive.</summary>
    public virtual int PassedOver => 0;

    /// <exception cref="GraftException">Input, when the file was changed since it was loaded.</exception>
    public abstract Sample Read(int index);

    /// <param name="locator">Behind the exclamation mark of the address; see <see cref="AddressOf"/>.</param>
    public abstract ReadOnlyMemory<byte> Picture(string locator, ImageLimits limits);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>A part once what it holds is known; where that fails it is closed.</summary>
    protected static T Scanned<T>(T part, Action<T> scan)
        where T : DataPart
    {
        try
        {
            scan(part);
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    /// <summary>Address of a picture that lies inside a part.</summary>
    protected static string AddressOf(string path, string locator) => $"{path}!{locator}";

    protected GraftException Changed() => Fault.Input($"{Path}: was changed while it was in use.", "Start again.");
}

/// <summary>The pictures of a data set, which are files or lie inside its parts.</summary>
sealed class PartPictures : PictureStore
{
    readonly Dictionary<string, DataPart> _parts = new(StringComparer.Ordinal);

    /// <summary>Before the first picture is read.</summary>
    public void Add(DataPart part) => _parts[part.Path] = part;

    public override ReadOnlyMemory<byte> Read(string address, ImageLimits limits)
    {
        var mark = address.LastIndexOf('!');
        return mark >= 0 && _parts.TryGetValue(address[..mark], out var part)
            ? part.Picture(address[(mark + 1)..], limits)
            : Files.Read(address, limits);
    }
}
