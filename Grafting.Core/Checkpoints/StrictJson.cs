using System.Text.Json;
using System.Text.Unicode;

namespace Grafting.Core.Checkpoints;

/// <summary>JSON files from elsewhere: standard syntax, no key twice, an object at the top, errors that name the file.</summary>
public static class StrictJson
{
    static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>, naming file, line and byte.</exception>
    public static JsonElement ReadObject(string path, int maxBytes)
    {
        var bytes = RegularFile.ReadAll(path, maxBytes);
        ReadOnlySpan<byte> text = bytes;
        // Editors on Windows put a byte order mark in front.
        if (text.StartsWith("\uFEFF"u8)) text = text[3..];
        // The parser would find it only in what is asked for.
        if (!Utf8.IsValid(text)) throw Fault.Input($"{path}: is not valid UTF-8.");
        try
        {
            var root = JsonElement.Parse(text, Options);
            return root.ValueKind == JsonValueKind.Object
                ? root
                : throw Fault.Input($"{path}: holds a JSON {root.ValueKind}, expected an object.");
        }
        catch (JsonException error)
        {
            throw Fault.Input($"{path}: is not valid JSON: {error.Message}", inner: error);
        }
    }
}
