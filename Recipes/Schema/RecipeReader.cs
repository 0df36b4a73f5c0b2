using System.Collections;
using System.Globalization;
using System.Reflection;
using Grafting.Core;

namespace Grafting.Recipes.Schema;

/// <summary>
/// Makes the records of the schema from YAML, strictly: every key must be known, every value of its type and within its bounds.
/// </summary>
static class RecipeReader
{
    /// <exception cref="GraftException">Usage, with line and column, path and value, and what was expected.</exception>
    public static T Read<T>(RecipeNode root) => (T)Record(root, typeof(T), "");

    /// <summary>The error for a key that a record does not have.</summary>
    public static GraftException Unknown(RecipePlace place, string key, string path, Type record)
    {
        string[] keys = [.. RecipeField.Of(record).Select(field => field.Key)];
        return Fault.Usage(
            $"{place}: {(path.Length == 0 ? "a recipe" : path)} has no key {Printable.Quote(key)}.",
            $"{Spelling.Suggest(key, keys)}Its keys are {string.Join(", ", keys)}.");
    }

    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    static object Record(RecipeNode node, Type type, string path)
    {
        if (node is not RecipeMap map) throw Wrong(node, path, "a mapping with keys of its own");
        var fields = RecipeField.Of(type).ToDictionary(field => field.Key, StringComparer.Ordinal);
        var record = Activator.CreateInstance(type)!;
        foreach (var (key, (place, value)) in map.Entries)
        {
            if (!fields.Remove(key, out var field)) throw Unknown(place, key, path, type);
            field.Property.SetValue(record, Field(value, field, Join(path, key)));
        }
        if (fields.Values.FirstOrDefault(field => field.Required) is { } missing)
            throw Fault.Usage(
                $"{map.Place}: {(path.Length == 0 ? "the recipe" : path)} has no {Printable.Quote(missing.Key)}.",
                "It has no default; add it.");
        Validate(record, map, path);
        return record;
    }

    static object? Field(RecipeNode node, RecipeField field, string path)
    {
        if (node is RecipeValue { IsNull: true } && field.Nullable) return null;
        return field.Element is { } element ? List(node, element, path) : Value(node, field.Type, path);
    }

    static IList List(RecipeNode node, Type element, string path)
    {
        if (node is not RecipeList list) throw Wrong(node, path, "a list");
        var values = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
        var labels = list.Labels();
        for (var i = 0; i < list.Items.Count; i++) values.Add(Value(list.Items[i], element, Join(path, labels[i])));
        return values;
    }

    static object Value(RecipeNode node, Type type, string path)
    {
        if (RecipeField.IsRecord(type)) return Record(node, type, path);
        var value = node as RecipeValue;
        if (type.IsEnum)
        {
            var names = Enum.GetNames(type);
            return names.FirstOrDefault(name => RecipeField.KeyOf(name) == value?.Text) is { } found
                ? Enum.Parse(type, found)
                : throw Wrong(node, path, $"one of {string.Join(", ", names.Select(RecipeField.KeyOf))}");
        }
        if (type == typeof(string)) return value is { IsNull: false } ? value.Text : throw Wrong(node, path, "a text");
        var plain = value is { Quoted: false } ? value.Text : null;
        if (type == typeof(int))
            return int.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                ? whole
                : throw Wrong(node, path, "a whole number");
        if (type == typeof(double))
        {
            return double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                ? number
                : throw Wrong(node, path, "a number such as 0.001 or 1e-3");
        }
        if (type == typeof(bool)) return plain switch { "true" => true, "false" => false, _ => throw Wrong(node, path, "true or false") };
        return Fault.Unreachable<object>(type);
    }

    static GraftException Wrong(RecipeNode node, string path, string expected) =>
        Fault.Usage($"{node.Place}: {(path.Length == 0 ? "the recipe" : path)} is {node.Describe()}; {expected} was expected.");

    /// <summary>Asks the record itself, and adds the place to what it says.</summary>
    static void Validate(object record, RecipeMap map, string path)
    {
        if (record.GetType().GetMethod("Validate", Type.EmptyTypes) is not { } validate) return;
        try
        {
            validate.Invoke(record, BindingFlags.DoNotWrapExceptions, null, null, null);
        }
        catch (GraftException fault)
        {
            throw Placed(fault, map, path);
        }
    }

    /// <summary>A check calls a value by its expression, e.g. <c>WarmUp</c> or <c>Data.Validation</c>; the user knows its key.</summary>
    static GraftException Placed(GraftException fault, RecipeMap map, string path)
    {
        if (fault.Subject is not { } subject || fault.Message.IndexOf($"{subject} is ", StringComparison.Ordinal) is not (>= 0 and var at))
            return Fault.Usage($"{map.Place}: {fault.Message}", fault.Remedy);
        RecipeNode node = map;
        foreach (var key in subject.Split(' ')[0].Split('.').Select(RecipeField.KeyOf))
        {
            path = Join(path, key);
            if ((node as RecipeMap)?.Find(key) is { } found) node = found;
        }
        // "TextShare ?? 0" is the text share; "batch (or …)" says more than the key does.
        var more = subject.IndexOf(" (", StringComparison.Ordinal) is >= 0 and var bracket ? subject[bracket..] : "";
        return Fault.Usage($"{node.Place}: {path}{more}{fault.Message[(at + subject.Length)..]}", fault.Remedy);
    }
}
