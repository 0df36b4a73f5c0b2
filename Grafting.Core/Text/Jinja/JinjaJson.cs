using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Grafting.Core.Text.Jinja;

/// <summary>Values from and to JSON; <c>tojson</c> writes as Python's <c>json.dumps</c> does.</summary>
internal sealed class JinjaJson(
    JinjaContext context, bool ensureAscii = false, string? indent = null, string? comma = null, string? colon = null,
    bool sortKeys = false)
{
    readonly string _comma = comma ?? (indent is null ? ", " : ",");
    readonly string _colon = colon ?? ": ";

    /// <summary>A JSON value as templates see it; texts carry where they came from.</summary>
    public static object? Read(JsonElement json, Origin origin) => json.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => IsWhole(json) && json.TryGetInt64(out var whole) ? (object)whole : json.GetDouble(),
        JsonValueKind.String => JinjaString.From(json.GetString()!, origin),
        JsonValueKind.Array => new JinjaList([.. json.EnumerateArray().Select(item => Read(item, origin))]),
        _ => ReadDict(json, origin),
    };

    /// <summary>Whether a number is written without point and exponent.</summary>
    public static bool IsWhole(JsonElement number) => !number.GetRawText().AsSpan().ContainsAny('.', 'e', 'E');

    public JinjaString Write(object? value)
    {
        var output = new JinjaString.Builder(context.Budget);
        Write(value, 0, output);
        return output.Build();
    }

    public static string Quote(string text, bool ensureAscii)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var unit in text)
        {
            _ = unit switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                < ' ' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"),
                > '~' when ensureAscii && unit != '\x7f' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"),
                _ => quoted.Append(unit),
            };
        }
        return quoted.Append('"').ToString();
    }

    static JinjaDict ReadDict(JsonElement json, Origin origin)
    {
        var dict = new JinjaDict();
        foreach (var member in json.EnumerateObject()) dict.Set(JinjaString.From(member.Name, origin), Read(member.Value, origin));
        return dict;
    }

    void Write(object? value, int depth, JinjaString.Builder output)
    {
        context.Budget.Step();
        switch (value)
        {
            case JinjaString text:
                output.Append(text.Derive(Quote(text.Value, ensureAscii)));
                break;
            case JinjaList list:
                WriteAll([.. list.Items.Select(item => ((JinjaString?)null, item))], "[", "]", depth, output);
                break;
            case JinjaDict dict:
                var items = dict.Items.Select(item => (Key(item.Key), item.Value));
                WriteAll(
                    [.. sortKeys ? items.OrderBy(item => item.Item1!.Value, Comparer<string>.Create(PythonText.Compare)) : items], "{", "}",
                    depth, output);
                break;
            default:
                output.Append(Simple(value));
                break;
        }
    }

    void WriteAll(List<(JinjaString? Key, object? Value)> items, string open, string close, int depth, JinjaString.Builder output)
    {
        context.Budget.Enter();
        output.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) output.Append(_comma);
            NewLine(depth + 1, output);
            if (items[i].Key is { } key)
            {
                output.Append(key.Derive(Quote(key.Value, ensureAscii)));
                output.Append(_colon);
            }
            Write(items[i].Value, depth + 1, output);
        }
        if (items.Count > 0) NewLine(depth, output);
        output.Append(close);
        context.Budget.Leave();
    }

    void NewLine(int depth, JinjaString.Builder output)
    {
        if (indent is null) return;
        output.Append("\n");
        for (; depth > 0; depth--) output.Append(indent);
    }

    JinjaString Key(object? key) => key as JinjaString ?? Simple(key);

    string Simple(object? value) => value switch
    {
        null => "null",
        true => "true",
        false => "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double.NaN => "NaN",
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        double number => JinjaPrinter.Number(number),
        JinjaUndefined missing => throw context.Wrong($"{missing.What} is undefined; JSON cannot hold it."),
        _ => throw context.Wrong($"JSON cannot hold {JinjaOperators.KindOf(value)}."),
    };
}
