using System.Collections.Concurrent;
using System.ComponentModel;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Grafting.Recipes.Schema;

/// <summary>One key of a recipe's mapping: the records of the schema are all that says which there are.</summary>
/// <param name="Key">As YAML writes it.</param>
/// <param name="Type">Of the value, without nullability.</param>
/// <param name="Element">Of the entries, where the value is a list.</param>
/// <param name="Nullable">Whether null is a value.</param>
/// <param name="Required">Whether there is no default.</param>
sealed record RecipeField(PropertyInfo Property, string Key, Type Type, Type? Element, bool Nullable, bool Required)
{
    static readonly ConcurrentDictionary<Type, IReadOnlyList<RecipeField>> Known = new();

    /// <summary>
    /// The keys of a record, in the order in which it declares them. What is computed from others has no setter, and is no key.
    /// </summary>
    public static IReadOnlyList<RecipeField> Of(Type record) => Known.GetOrAdd(
        record, type =>
            [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).Select(Of)]);

    /// <summary>Whether a type's values are mappings with keys of their own.</summary>
    public static bool IsRecord(Type type) => type.IsClass && type != typeof(string) && ElementOf(type) is null;

    public static string KeyOf(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    /// <summary>
    /// Whether the resolved recipe leaves this key out: one that came later stands in it only where it differs from its
    /// <see cref="DefaultValueAttribute"/>, so that the recipes of runs and bundles from before keep their digests.
    /// </summary>
    public bool IsLeftOut(object record) =>
        Property.GetCustomAttribute<DefaultValueAttribute>() is { } unless && Equals(Property.GetValue(record), unless.Value);

    static Type? ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    static RecipeField Of(PropertyInfo property)
    {
        var type = System.Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return new RecipeField(
            property,
            KeyOf(property.Name),
            type,
            ElementOf(type),
            new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable,
            property.IsDefined(typeof(RequiredMemberAttribute)));
    }
}
