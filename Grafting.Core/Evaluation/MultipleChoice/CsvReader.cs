using System.Text;

namespace Grafting.Core.Evaluation.MultipleChoice;

/// <param name="Line">Where the row begins, from 1.</param>
sealed record CsvRow(int Line, IReadOnlyList<string> Fields);

/// <summary>
/// Comma-separated values as RFC 4180 has them: quoted fields may hold commas, line breaks and doubled quotes. A quote inside an unquoted
/// field is a character like others; empty lines are passed over.
/// </summary>
sealed class CsvReader(string text, string path)
{
    int _at;
    int _line = 1;

    /// <exception cref="GraftException">Input: a quote that is not closed, or text behind a closing one, by line.</exception>
    public IEnumerable<CsvRow> Rows()
    {
        while (_at < text.Length)
        {
            var (line, fields) = (_line, new List<string> { Field() });
            while (_at < text.Length && text[_at] == ',')
            {
                _at++;
                fields.Add(Field());
            }
            EndLine();
            if (fields is not [""]) yield return new CsvRow(line, fields);
        }
    }

    string Field()
    {
        if (_at < text.Length && text[_at] == '"') return Quoted();
        var end = text.AsSpan(_at).IndexOfAny(',', '\n', '\r') is >= 0 and var found ? _at + found : text.Length;
        var field = text[_at..end];
        _at = end;
        return field;
    }

    string Quoted()
    {
        var (line, field) = (_line, new StringBuilder());
        while (true)
        {
            var start = ++_at;
            var quote = text.IndexOf('"', start);
            if (quote < 0) throw Fault.Input($"{path}: line {line}: a quoted field is not closed.");
            field.Append(text, start, quote - start);
            _line += text.AsSpan(start, quote - start).Count('\n');
            _at = quote + 1;
            if (_at == text.Length || text[_at] is ',' or '\n' or '\r') return field.ToString();
            if (text[_at] != '"')
            {
                throw Fault.Input(
                    $"{path}: line {_line}: {Printable.Quote(text[_at..(_at + 1)])} follows a closing quote.",
                    "A quote within a quoted field is doubled.");
            }
            field.Append('"');
        }
    }

    void EndLine()
    {
        if (_at < text.Length && text[_at] == '\r') _at++;
        if (_at < text.Length && text[_at] == '\n') _at++;
        _line++;
    }
}
