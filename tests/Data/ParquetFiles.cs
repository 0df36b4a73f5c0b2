using System.Text;
using Grafting.Core.Data;
using Grafting.Core.Text;
using static Grafting.Tests.Data.ParquetWriter;

namespace Grafting.Tests.Data;

/// <summary>Files as Hugging Face's library writes them: an id, a picture as a struct, a list of turns.</summary>
static class ParquetFiles
{
    /// <summary>A sample with its encoded picture, where it has one.</summary>
    public sealed record Row(string Id, byte[]? Picture, string? Path, IReadOnlyList<(string From, string Value)>? Turns);

    public static readonly Row[] Three =
    [
        new("a", LlavaFiles.Picture, "a.png", [("human", "<image>\nWhat is this?"), ("gpt", "a cat")]),
        new("b", null, null, [("human", "Hi"), ("gpt", "Hello"), ("human", "Bye"), ("gpt", "Bye")]),
        new("c", LlavaFiles.Picture, null, [("human", "<image>\nAnd this?"), ("gpt", "größer")]),
    ];

    public static IReadOnlyList<byte[]> Schema { get; } =
    [
        Element("schema", children: 3),
        Element("id", 6, 1, annotation: 0),
        Element("image", repetition: 1, children: 2),
        Element("bytes", 6, 1),
        Element("path", 6, 1, annotation: 0),
        Element("conversations", repetition: 1, children: 1, annotation: 3),
        Element("list", repetition: 2, children: 1),
        Element("element", repetition: 1, children: 2),
        Element("from", 6, 1, annotation: 0),
        Element("value", 6, 1, annotation: 0),
    ];

    public static byte[] Bytes(IReadOnlyList<Row> rows, ParquetStyle? style = null) =>
        ParquetWriter.Write(Schema, Columns(rows), style ?? new ParquetStyle());

    public static IReadOnlyList<WrittenColumn> Columns(IReadOnlyList<Row> rows)
    {
        WrittenColumn Picture(string name, Func<Row, byte[]?> value) => new(
            $"image.{name}", 6, 2, 0,
            [.. rows.Select(row => (IReadOnlyList<WrittenEntry>)[new(
                row.Picture is null && row.Path is null ? 0 : value(row) is null ? 1 : 2, 0, value(row))])]);
        WrittenColumn Turns(string name, Func<(string From, string Value), string> value) => new(
            $"conversations.list.element.{name}", 6, 4, 1,
            [
                .. rows.Select(
                    row => (IReadOnlyList<WrittenEntry>)(row.Turns is null ? [new(0, 0, null)] : row.Turns.Count == 0 ? [new(1, 0, null)]
                    : [.. row.Turns.Select((turn, i) => new WrittenEntry(4, i == 0 ? 0 : 1, Encoding.UTF8.GetBytes(value(turn))))])),
            ]);
        return
        [
            new("id", 6, 1, 0, [.. rows.Select(row => (IReadOnlyList<WrittenEntry>)[new(1, 0, Encoding.UTF8.GetBytes(row.Id))])]),
            Picture("bytes", row => row.Picture),
            Picture("path", row => row.Path is null ? null : Encoding.UTF8.GetBytes(row.Path)),
            Turns("from", turn => turn.From),
            Turns("value", turn => turn.Value),
        ];
    }

    /// <summary>The same samples, with their pictures inside.</summary>
    public static IReadOnlyList<Row> Of(IEnumerable<Sample> samples) =>
    [
        .. samples.Select(sample => new Row(
            sample.Id, sample.Images.Count == 0 ? null : File.ReadAllBytes(sample.Images[0]),
            sample.Images.Count == 0 ? null : sample.Group,
            [.. sample.Turns.Select(
                turn => (turn.Role == Role.User ? "human" : turn.Role == Role.Assistant ? "gpt" : "system", turn.Text))])),
    ];
}
