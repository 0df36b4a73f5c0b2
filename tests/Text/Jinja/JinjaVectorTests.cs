using System.Runtime.CompilerServices;
using System.Text.Json;
using Grafting.Core.Text.Jinja;
using Grafting.Tests.Support;

namespace Grafting.Tests.Text.Jinja;

/// <summary>
/// The templates and cases of huggingface.js, and beside them what Jinja 3.1.6 in Python gives for those of its cases in which the two
/// engines differ (recorded once with the settings of transformers).
/// </summary>
public class JinjaVectorTests
{
    /// <summary>The clock of the recorded answers.</summary>
    static readonly DateTime s_now = new(2025, 7, 10, 12, 0, 0, DateTimeKind.Utc);

    /// <summary>Written by huggingface.js otherwise than by Python: it prints a list as JSON.</summary>
    const string DifferentInPython = "MadeAgents/Hammer2.1";

    static IEnumerable<string> Templates() =>
        Names("templates.json", json => json.EnumerateArray().Select(item => item.GetProperty("name").GetString()!));

    static IEnumerable<string> Units() => Names("jinja_units.json", json => json.EnumerateObject().Select(item => item.Name));

    [TestCaseSource(nameof(Templates))]
    public void A_real_template_writes_what_it_writes_elsewhere(string name)
    {
        if (name == Absent) Assert.Ignore("skipped: needs shared/real/chat-templates, which is not part of the repository");
        using var file = Open("templates.json");
        var item = file.RootElement.EnumerateArray().First(item => item.GetProperty("name").GetString() == name);
        var template = JinjaTemplate.Parse(item.GetProperty("chat_template").GetString()!, name);
        var dialect = name == DifferentInPython ? JinjaDialect.JavaScript : JinjaDialect.Python;
        Assert.That(
            template.Render(Variables(item.GetProperty("data")), dialect: dialect, now: () => s_now).Value,
            Is.EqualTo(item.GetProperty("target").GetString()));
    }

    [Test]
    public void The_one_template_that_prints_a_list_prints_it_as_Python_does()
    {
        using var file = Open("templates.json");
        var item = file.RootElement.EnumerateArray().First(item => item.GetProperty("name").GetString() == DifferentInPython);
        var rendered = JinjaTemplate.Parse(
            item.GetProperty("chat_template").GetString()!, "hammer").Render(Variables(item.GetProperty("data"))).Value;
        Assert.That(
            rendered,
            Does.Contain("[{'type': 'function', 'function': {'name': 'get_current_temperature', 'description': 'Get the current"));
    }

    [TestCaseSource(nameof(Units))]
    public void A_case_gives_what_huggingface_js_gives(string name)
    {
        if (name == Absent) Assert.Ignore("skipped: needs shared/real/chat-templates, which is not part of the repository");
        using var file = Open("jinja_units.json");
        var unit = file.RootElement.GetProperty(name);
        var template = JinjaTemplate.Parse(unit.GetProperty("template").GetString()!, name);
        Assert.That(
            template.Render(UnitVariables(name, unit.GetProperty("context")), dialect: JinjaDialect.JavaScript).Value,
            Is.EqualTo(unit.GetProperty("target").GetString()));
    }

    [TestCase("BOOLEAN_LITERALS", "|True|False|True|False|")]
    [TestCase("LOGICAL_OR", "TrueTrueTrueFalse")]
    [TestCase("LOGICAL_NOT_NOT", "TrueFalse")]
    [TestCase("LOGICAL_AND_NOT", "FalseTrueFalseFalse")]
    [TestCase("LOGICAL_COMBINED", "FalseTrue")]
    [TestCase("BINOP_EXPR_1", "1+2=3 is True")]
    [TestCase("MEMBERSHIP_NEGATION_1", "|False|False|False|False|False|True|")]
    [TestCase("MEMBERSHIP_UNDEFINED", "|False|False|False|False|False|False|")]
    [TestCase("FILTER_OPERATOR_13", "[{'name': 'some_tool', 'arguments': {'some_name': 'string'}}]")]
    [TestCase("SORT_BASIC_STRINGS", "['Apple', 'banana', 'cherry']")]
    [TestCase("SORT_STABLE", "['apple', 'banana', 'carrot', 'broccoli']")]
    [TestCase("SORT_UNDEFINED_VALUES", "[Undefined, Undefined, Undefined]")]
    [TestCase("BOOLEAN_STRINGS", "|b||||a|a|a||False|True|")]
    [TestCase("BOOLEAN_MIXED_2", "||a||a||True|False|a|")]
    [TestCase("IS_OPERATOR_3", "|True|False|False|True|True|False|True|False|")]
    [TestCase("OBJECT_OPERATORS_1", "|True|True|True|")]
    [TestCase("SCOPE", "found=True")]
    public void Where_huggingface_js_differs_Python_is_followed(string name, string expected)
    {
        using var file = Open("jinja_units.json");
        var unit = file.RootElement.GetProperty(name);
        Assert.That(
            JinjaTemplate.Parse(unit.GetProperty("template").GetString()!, name).Render(
                UnitVariables(name, unit.GetProperty("context"))).Value,
            Is.EqualTo(expected));
    }

    /// <summary>
    /// vectors/jinja.jsonl: expressions of our own, drawn from all filters, tests, methods and operators over some forty values, and what
    /// Jinja 3.1.2 and 3.2.0.dev in Python write for them with the settings of transformers (only where both write the same).
    /// </summary>
    [Test]
    public void Expressions_give_what_Python_gives()
    {
        var lines = File.ReadAllLines(VectorFile());
        Assert.That(lines, Has.Length.EqualTo(1100));
        Assert.Multiple(() =>
        {
            foreach (var line in lines)
            {
                using var vector = JsonDocument.Parse(line);
                var template = vector.RootElement.GetProperty("template").GetString()!;
                Assert.That(
                    JinjaTemplate.Parse(template, "vector").Render(new Dictionary<string, object?>()).Value,
                    Is.EqualTo(vector.RootElement.GetProperty("text").GetString()), template);
            }
        });
    }

    static string VectorFile([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "vectors", "jinja.jsonl");

    const string Absent = "shared/real is absent";

    static IEnumerable<string> Names(string file, Func<JsonElement, IEnumerable<string>> names)
    {
        if (!Shared.Has($"real/chat-templates/{file}")) return [Absent];
        using var document = Open(file);
        return [.. names(document.RootElement)];
    }

    static JsonDocument Open(string file) => JsonDocument.Parse(File.ReadAllBytes(Shared.Real($"chat-templates/{file}")));

    static Dictionary<string, object?> Variables(JsonElement json) =>
        json.EnumerateObject().ToDictionary(member => member.Name, member => JinjaJson.Read(member.Value, default));

    /// <summary>Two cases are given functions, which JSON cannot hold.</summary>
    static Dictionary<string, object?> UnitVariables(string name, JsonElement json)
    {
        var variables = Variables(json);
        static string Joined(string between, JinjaArguments arguments) => string.Join(between, arguments.Positional);
        if (name == "NUMBERS") variables["add"] = new JinjaFunction("add", arguments => arguments.Positional.Sum(value => (long)value!));
        if (name != "OBJ_METHODS") return variables;
        var (obj, z) = (new JinjaDict(), new JinjaDict());
        z.Set((JinjaString)"A", new JinjaFunction("A", arguments => (JinjaString)Joined("_", arguments)));
        obj.Set((JinjaString)"x", new JinjaFunction("x", arguments => (JinjaString)Joined("", arguments)));
        obj.Set((JinjaString)"z", z);
        variables["obj"] = obj;
        return variables;
    }
}
