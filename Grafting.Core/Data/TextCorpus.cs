using System.Text;
using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Core.Data.Files;
using Grafting.Core.Data.Records;
using Grafting.Core.Numerics;
using Grafting.Core.Text;

namespace Grafting.Core.Data;

/// <summary>How much of a text is read, and in which pieces.</summary>
/// <param name="MaxPassages">So many texts are drawn, and at most so many passages taken from them; null for all, in their order.</param>
/// <param name="MaxLength">Longest passage in tokens; a longer text goes on in further passages.</param>
/// <param name="Seed">Of the draw.</param>
public sealed record TextSelection(int? MaxPassages = null, int MaxLength = 512, ulong Seed = 1)
{
    public const int MostPassages = 10_000_000, LongestPassage = 1_000_000;

    public TextSelection Validate()
    {
        Fault.IfOutside(MaxPassages ?? 1, 1, MostPassages, nameof(MaxPassages));
        Fault.IfOutside(MaxLength, 2, LongestPassage);
        return this;
    }
}

/// <summary>Text for a language model as passages of tokens, drawn from files.</summary>
/// <param name="Path">The file, or the first and how many more.</param>
/// <param name="Fingerprint">SHA-256 of the file; of several, of their digests.</param>
/// <param name="Passages">As drawn.</param>
/// <param name="Pictured">Samples left out because they have a picture and no description to read in its place.</param>
public sealed record TextCorpus(string Path, string Fingerprint, IReadOnlyList<Passage> Passages, int Pictured)
{
    public long Tokens => Passages.Sum(p => (long)p.Ids.Length);

    /// <summary>
    /// Reads plain text (<c>.txt</c>: passages are set apart by empty lines), or JSON (an array, or one record per line) whose records are
    /// <c>{"text": …}</c>, conversations or messages, written in the model's chat template, template tokens included. A conversation about
    /// a picture is read with the picture's description in its place.
    /// </summary>
    /// <param name="paths">Files, or patterns of them (<see cref="DataFiles"/>), read one after another.</param>
    /// <exception cref="GraftException">Input: unreadable, malformed (with line), or without text.</exception>
    public static TextCorpus Load(IReadOnlyList<string> paths, Tokenizer tokenizer, ChatTemplate template, TextSelection selection)
    {
        selection.Validate();
        string[] files = [.. DataFiles.Expand(paths).SelectMany(group => group)];
        var path = Dataset.InWords(files);
        Reader[] readers = [.. files.Select(file => new Reader(file, tokenizer, template))];
        var texts = readers.SelectMany(reader => reader.Texts());
        if (selection.MaxPassages is { } most) texts = Draw(texts, most, selection.Seed);
        var passages = texts.SelectMany(
            text => Pieces(text.Encode(), selection.MaxLength, tokenizer.BeginId)).Take(selection.MaxPassages ?? int.MaxValue).ToList();
        if (passages.Count == 0)
            throw Fault.Input($"{path}: holds no text.", "Expected are paragraphs, or records with text or conversations.");
        string[] digests = Array.ConvertAll(files, file => Digests.Sha256(file));
        var fingerprint = digests is [var only] ? only : Digests.Sha256(Encoding.ASCII.GetBytes(string.Concat(digests)));
        return new TextCorpus(path, fingerprint, passages, readers.Sum(reader => reader.Pictured));
    }

    /// <summary>
    /// Every text with the same chance, in random order; holds no more than are drawn (Vitter's algorithm R, ACM TOMS 11, 1985).
    /// </summary>
    static Text[] Draw(IEnumerable<Text> texts, int most, ulong seed)
    {
        var random = new DeterministicRandom(seed);
        var (drawn, seen) = (new List<Text>(), 0);
        foreach (var text in texts)
        {
            seen++;
            if (drawn.Count < most) drawn.Add(text);
            else if (random.NextInt(seen) is var place && place < most) drawn[place] = text;
        }
        var shuffled = drawn.ToArray();
        random.Shuffle<Text>(shuffled);
        return shuffled;
    }

    /// <summary>A text that has not been turned into tokens yet.</summary>
    sealed record Text(Func<Passage> Encode);

    /// <summary>Every piece begins as the text does, with the begin token where there is one.</summary>
    static IEnumerable<Passage> Pieces(Passage text, int most, int? begin)
    {
        if (text.Ids.Length <= most)
        {
            if (text.Ids.Length > 1) yield return text;
            yield break;
        }
        int[] head = begin is { } id && text.Ids[0] == id ? [id] : [];
        var step = most - head.Length;
        var body = text.Ids.AsMemory(head.Length);
        for (var (start, part) = (0, 1); start < body.Length; start += step, part++)
        {
            int[] piece = [.. head, .. body[start..Math.Min(start + step, body.Length)].Span];
            var answers = text.Answers?.AsSpan(head.Length)[start..Math.Min(start + step, body.Length)].ToArray();
            if (piece.Length > 1)
            {
                yield return new Passage(
                    $"{text.Id}, part {part}", piece, answers is null ? null : [.. head.Select(_ => false), .. answers]);
            }
        }
    }

    sealed class Reader(string path, Tokenizer tokenizer, ChatTemplate template)
    {
        readonly FolderPictures _pictures = new(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, record: path);

        public int Pictured { get; private set; }

        public IEnumerable<Text> Texts() => System.IO.Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".JSON" or ".JSONL" => Records(),
            ".TXT" => Paragraphs(),
            var other => throw Fault.Input(
                $"{path}: texts are read from .txt, .json and .jsonl files, not from '{other}'.", "Rename or convert the file."),
        };

        IEnumerable<Text> Paragraphs()
        {
            var (lines, paragraph, number, first) = (File.ReadLines(path), new List<string>(), 0, 1);
            foreach (var line in lines.Append(""))
            {
                number++;
                if (line.Trim().Length > 0)
                {
                    if (paragraph.Count == 0) first = number;
                    paragraph.Add(line);
                }
                else if (paragraph.Count > 0)
                {
                    yield return Plain($"line {first}", string.Join('\n', paragraph));
                    paragraph.Clear();
                }
            }
        }

        IEnumerable<Text> Records()
        {
            using var stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            var index = 0;
            foreach (var record in new JsonRecordScanner(path, stream).Records())
            {
                using var document = record.Document;
                if (Read(document.RootElement, index++, record.Line) is { } text) yield return text;
            }
        }

        Text? Read(JsonElement json, int index, long line)
        {
            if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("text", out var text))
                return Plain(JsonFields.Name(json, index), Words(text, line));
            var (sample, _, detail) = SampleRecord.Read(json, index, SampleRecord.KindOf(json) ?? DataKind.Llava, _pictures);
            if (sample is null)
                throw Fault.Input(
                    $"{path}: line {line}: {detail}.", "Expected are records with a \"text\", LLaVA's \"conversations\" or \"messages\".");
            if (sample.Images.Count == 0) return Chat(sample.Id, sample.Turns);
            if (sample.Description is { } words) return Chat(sample.Id, Turn.InWords(sample.Turns, words));
            Pictured++;
            return null;
        }

        string Words(JsonElement text, long line)
        {
            if (text.ValueKind != JsonValueKind.String)
                throw Fault.Input($"{path}: line {line}: \"text\" is a JSON {text.ValueKind}; a string was expected.");
            try
            {
                return text.GetString()!;
            }
            catch (InvalidOperationException error)
            {
                // The JSON reader lets lone surrogates pass; it is only asking for the text that fails.
                throw Fault.Input($"{path}: line {line}: \"text\" is not valid Unicode.", "Repair or remove the record.", error);
            }
        }

        Text Plain(string id, string text) => new(() => new Passage(id, tokenizer.Encode(text)));

        Text Chat(string id, IReadOnlyList<Turn> turns) => new(() =>
        {
            var chat = template.Encode(tokenizer, turns, new LabelPolicy());
            return new(id, chat.Ids, Array.ConvertAll(chat.Weights, weight => weight > 0));
        });
    }
}
