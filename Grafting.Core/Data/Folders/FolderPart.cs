using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data.Records;
using Grafting.Core.Imaging;

namespace Grafting.Core.Data.Folders;

/// <summary>
/// A folder of folders of pictures, one per class; the name of a class, its underscores as blanks, answers what a picture shows. Sorted by
/// path, so that the order is the same on every machine. Links to folders are not followed, and hidden entries are no part of the data.
/// </summary>
/// <remarks>The fingerprint is over the names and sizes of the pictures.</remarks>
sealed class FolderPart : DigestedPart
{
    static readonly HashSet<string> s_pictures = new([".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"], StringComparer.OrdinalIgnoreCase);

    readonly PictureStore _store;
    readonly List<string> _names = [];
    int _passedOver;

    FolderPart(string path, Intake intake) : base(path) => _store = intake.Store;

    public override DataKind Kind => DataKind.ClassFolders;

    public override int Count => _names.Count;

    public override int PassedOver => _passedOver;

    public static FolderPart Load(string path, Intake intake) => Scanned(new FolderPart(path, intake), part =>
    {
        try
        {
            part.Scan(intake);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw RegularFile.Unreadable(path, error);
        }
    });

    /// <summary>Name of a sample: its path below the folder, with slashes.</summary>
    public override Sample Read(int index) => Make(_names[index]).Sample ?? throw Changed();

    public override ReadOnlyMemory<byte> Picture(string locator, ImageLimits limits) => Fault.Unreachable<ReadOnlyMemory<byte>>(locator);

    void Scan(Intake intake)
    {
        var options = new EnumerationOptions
        {
            AttributesToSkip = FileAttributes.Hidden,
            IgnoreInaccessible = false,
            RecurseSubdirectories = false,
        };
        foreach (var name in Walk(Path, "", options))
        {
            if (!s_pictures.Contains(System.IO.Path.GetExtension(name)))
            {
                _passedOver++;
                continue;
            }
            if (!intake.Take(Path, $"picture {Printable.Quote(name)}", Make(name), _ => true)) continue;
            _names.Add(name);
            Digest.AppendData(
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}\0{new FileInfo(Full(name)).Length}\n")));
        }
    }

    static IEnumerable<string> Walk(string folder, string prefix, EnumerationOptions options)
    {
        var entries = new DirectoryInfo(folder).EnumerateFileSystemInfos("*", options).Where(entry => !entry.Name.StartsWith('.')).OrderBy(
            entry => entry.Name, StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var name = prefix + entry.Name;
            if (entry is not DirectoryInfo { LinkTarget: null }) yield return name;
            else foreach (var inner in Walk(entry.FullName, name + "/", options)) yield return inner;
        }
    }

    string Full(string name) => System.IO.Path.Combine(Path, name);

    Reading Make(string name)
    {
        var end = name.IndexOf('/', StringComparison.Ordinal);
        if (end < 0) return Reading.Bad(BadSampleReason.Malformed, "lies in no class folder");
        var label = name[..end].Replace('_', ' ');
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["label"] = label });
        using var document = JsonDocument.Parse(bytes);
        return AttachedRecord.Read(document.RootElement, name, 1, new ClassPicture(Full(name), name, _store));
    }

    sealed class ClassPicture(string path, string name, PictureStore store) : PictureNames(store)
    {
        public override FoundPicture Find(string _, int number) => FoundPicture.At(path, name);
    }
}
