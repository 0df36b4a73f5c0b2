using Grafting.Core;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Grafting.Recipes.Schema;

/// <summary>
/// YAML as a tree in which everything knows its line. Of YAML's features a recipe has mappings, lists and plain values, no more.
/// </summary>
sealed class RecipeParser
{
    /// <summary>A recipe is five levels deep.</summary>
    const int MostLevels = 32;

    readonly Parser _events;
    readonly string _origin;
    readonly bool _oneLine;

    RecipeParser(string text, string origin, bool oneLine)
    {
        _events = new Parser(new StringReader(text));
        (_origin, _oneLine) = (origin, oneLine);
    }

    /// <param name="origin">Where the text stands, for messages.</param>
    /// <param name="oneLine">The origin says all about the place, as that of an option does.</param>
    /// <exception cref="GraftException">Usage, with line and column.</exception>
    public static RecipeNode Parse(string text, string origin, bool oneLine = false)
    {
        try
        {
            return new RecipeParser(text, origin, oneLine).Document();
        }
        catch (YamlException fault)
        {
            if (TabbedLine(text, fault) is { } tabbed)
                throw Fault.Usage($"{At(tabbed, 1)}: the line is indented with a tab.", "Indent with spaces; YAML takes nothing else.");
            throw Fault.Usage($"{At(fault.Start.Line, fault.Start.Column)}: this is not YAML: {fault.Message}");
        }

        RecipePlace At(long line, long column) => oneLine ? new RecipePlace(origin, 0, 0) : new RecipePlace(origin, line, column);
    }

    /// <summary>The parser sometimes names the tab and not its line, and sometimes the line and not the tab.</summary>
    static long? TabbedLine(string text, YamlException fault)
    {
        var named = fault.Message.Contains("tab", StringComparison.Ordinal);
        var lines = text.Split('\n');
        for (var line = 1; line <= lines.Length; line++)
        {
            if (lines[line - 1].TakeWhile(char.IsWhiteSpace).Contains('\t')
                && (named || line == fault.Start.Line || line == fault.End.Line))
                return line;
        }
        return null;
    }

    RecipeNode Document()
    {
        _events.Consume<StreamStart>();
        if (_events.Accept<StreamEnd>(out _)) return new RecipeValue(new RecipePlace(_origin, _oneLine ? 0 : 1, 1), "", quoted: false);
        _events.Consume<DocumentStart>();
        var root = Node(0);
        _events.Consume<DocumentEnd>();
        if (_events.Accept<DocumentStart>(out var second))
            throw Fault.Usage($"{PlaceOf(second)}: a second document begins here.", "Keep one recipe in a file; take the '---' out.");
        return root;
    }

    RecipeNode Node(int level)
    {
        if (_events.Accept<AnchorAlias>(out var alias)) throw Reference(alias);
        if (_events.Accept<NodeEvent>(out var node))
        {
            if (!node.Anchor.IsEmpty) throw Reference(node);
            if (!node.Tag.IsEmpty)
            {
                throw Fault.Usage(
                    $"{PlaceOf(node)}: {Printable.Quote(node.Tag.ToString())} is a tag, which recipes do not have.",
                    "Take it out; a text that begins with '!' stands in quotes.");
            }
        }
        if (level > MostLevels)
            throw Fault.Usage($"{PlaceOf(_events.Current!)}: nested deeper than {MostLevels} levels.", "No part of a recipe is.");
        if (_events.TryConsume<Scalar>(out var scalar))
            return new RecipeValue(PlaceOf(scalar), scalar.Value, scalar.Style != ScalarStyle.Plain);
        return _events.TryConsume<SequenceStart>(out var start) ? List(start, level) : Map(_events.Consume<MappingStart>(), level);
    }

    RecipeList List(SequenceStart start, int level)
    {
        var list = new RecipeList(PlaceOf(start), []);
        while (!_events.TryConsume<SequenceEnd>(out _)) list.Items.Add(Node(level + 1));
        return list;
    }

    RecipeMap Map(MappingStart start, int level)
    {
        var map = new RecipeMap(PlaceOf(start));
        while (!_events.TryConsume<MappingEnd>(out _))
        {
            if (Node(level + 1) is not RecipeValue key) throw Fault.Usage($"{PlaceOf(start)}: a key of this mapping is no plain word.");
            if (map.Entries.TryGetValue(key.Text, out var first))
            {
                var before = _oneLine ? "" : FormattableString.Invariant($"; it stands at line {first.Place.Line} already");
                throw Fault.Usage($"{key.Place}: the key {Printable.Quote(key.Text)} is here twice{before}.", "Keep one of the two.");
            }
            map.Entries.Add(key.Text, (key.Place, Node(level + 1)));
        }
        return map;
    }

    GraftException Reference(ParsingEvent node) => Fault.Usage(
        $"{PlaceOf(node)}: anchors and aliases ('&' and '*') are not part of a recipe.",
        "Write the value out; a text that begins with one of the two stands in quotes.");

    RecipePlace PlaceOf(ParsingEvent node) =>
        _oneLine ? new RecipePlace(_origin, 0, 0) : new RecipePlace(_origin, node.Start.Line, node.Start.Column);
}
