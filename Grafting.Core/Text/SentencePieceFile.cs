namespace Grafting.Core.Text;

/// <summary>What a piece of a SentencePiece vocabulary is for; the numbers are those of the file.</summary>
internal enum SentencePieceKind { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 }

internal readonly record struct SentencePiece(string Text, float Score, SentencePieceKind Kind);

/// <summary>The contents of SentencePiece's <c>tokenizer.model</c>, as far as encoding and decoding need them.</summary>
/// <remarks>
/// google/sentencepiece, src/sentencepiece_model.proto: pieces are field 1, the trainer's settings 2, the normaliser's 3. Fields that are
/// absent have the defaults written there.
/// </remarks>
internal sealed record SentencePieceFile
{
    const int UnigramModel = 1, BpeModel = 2;

    public List<SentencePiece> Pieces { get; } = [];

    /// <summary>Byte-pair merging, or else the unigram model.</summary>
    public bool IsBpe { get; private set; }

    public bool ByteFallback { get; private set; }

    public int UnknownId { get; private set; }

    public int BeginId { get; private set; } = 1;

    public int EndId { get; private set; } = 2;

    /// <summary>The table of replacements; empty for none.</summary>
    public byte[] CharacterMap { get; private set; } = [];

    public bool AddsDummyPrefix { get; private set; } = true;

    public bool RemovesExtraSpaces { get; private set; } = true;

    public static SentencePieceFile Parse(byte[] bytes, string file)
    {
        try
        {
            SentencePieceFile model = new();
            model.ReadModel(bytes, file);
            return model;
        }
        catch (FormatException fault)
        {
            throw Fault.Input(
                $"{file} is not a SentencePiece model: {fault.Message}.", "A tokenizer.model is a protobuf message or a tiktoken file.",
                fault);
        }
    }

    static GraftException Unsupported(string what) => Fault.Input(what, "Use the tokenizer.json of this model.");

    void ReadModel(ReadOnlySpan<byte> bytes, string file)
    {
        for (var reader = new ProtobufReader(bytes); reader.Next();)
        {
            if (reader.Field == 1) Pieces.Add(ReadPiece(reader.Bytes, file, Pieces.Count));
            else if (reader.Field == 2) ReadTrainer(reader.Bytes, file);
            else if (reader.Field == 3) ReadNormalizer(reader.Bytes, file);
        }
        if (Pieces.Count == 0) throw new FormatException("it holds no pieces");
    }

    static SentencePiece ReadPiece(ReadOnlySpan<byte> bytes, string file, int id)
    {
        var (text, score, kind) = ("", 0f, (int)SentencePieceKind.Normal);
        for (var reader = new ProtobufReader(bytes); reader.Next();)
        {
            if (reader.Field == 1) text = reader.Text;
            else if (reader.Field == 2) score = reader.Float;
            else if (reader.Field == 3) kind = reader.Int;
        }
        if (text.Length == 0) throw new FormatException($"piece {id} has no text");
        if (!float.IsFinite(score)) throw new FormatException($"piece {id} has the score {score}");
        if (kind == (int)SentencePieceKind.Unused || !Enum.IsDefined((SentencePieceKind)kind))
            throw Unsupported($"{file}: piece {id}, \"{text}\", is of kind {kind}; graft knows 1 to 4 and 6.");
        return new SentencePiece(text, score, (SentencePieceKind)kind);
    }

    void ReadTrainer(ReadOnlySpan<byte> bytes, string file)
    {
        var type = UnigramModel;
        for (var reader = new ProtobufReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 3:
                    type = reader.Int;
                    break;
                case 24 when reader.Bool:
                    throw Unsupported(
                        $"{file} treats white space as the end of a word (treat_whitespace_as_suffix), which graft does not know.");
                case 35:
                    ByteFallback = reader.Bool;
                    break;
                case 40:
                    UnknownId = reader.Int;
                    break;
                case 41:
                    BeginId = reader.Int;
                    break;
                case 42:
                    EndId = reader.Int;
                    break;
            }
        }
        if (type is not (UnigramModel or BpeModel))
            throw Unsupported($"{file} holds a model of type {type}; graft knows 1 (unigram) and 2 (byte pairs).");
        IsBpe = type == BpeModel;
    }

    void ReadNormalizer(ReadOnlySpan<byte> bytes, string file)
    {
        for (var reader = new ProtobufReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 2:
                    CharacterMap = reader.Bytes.ToArray();
                    break;
                case 3:
                    AddsDummyPrefix = reader.Bool;
                    break;
                case 4:
                    RemovesExtraSpaces = reader.Bool;
                    break;
                case 5 when !reader.Bool:
                    throw Unsupported($"{file} keeps spaces as they are (escape_whitespaces: false), which graft does not know.");
            }
        }
    }
}
