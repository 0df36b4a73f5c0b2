using System.Globalization;
using System.Reflection;

namespace Grafting.Tests.LibTorch;

/// <summary>
/// Writes down the public surface of an assembly, one line for each type and member, so that two assemblies can be compared as text.
/// Nothing is run or instantiated, so an assembly that is loaded for reflection only will do. Annotations of nullability are left out:
/// they do not decide whether code compiles or what it does.
/// </summary>
static class Signatures
{
    const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Lines of all types in a namespace and those below it, sorted.</summary>
    internal static IReadOnlyList<string> Of(Assembly assembly, string @namespace) =>
        [.. assembly.GetTypes()
            .Where(type => type.Namespace == @namespace || type.Namespace?.StartsWith(@namespace + ".", StringComparison.Ordinal) == true)
            .Where(IsVisible)
            .SelectMany(Lines)
            .Order(StringComparer.Ordinal)];

    static IEnumerable<string> Lines(Type type)
    {
        var name = NameOf(type);
        yield return $"{KindOf(type)} {name}";
        if (type.IsEnum)
        {
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
                yield return $"{name}: {field.Name} = {Constant(field.GetRawConstantValue())}";
            yield break;
        }
        foreach (var field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly))
            yield return $"{name}: {Access(field.IsPublic)}{Modifiers(field)}{field.Name} -> {Written(field.FieldType, field)}";
        foreach (var constructor in type.GetConstructors(Declared).Where(IsVisible).Where(constructor => !constructor.IsStatic))
            yield return $"{name}: {Access(constructor.IsPublic)}new({Parameters(constructor.GetParameters())})";
        foreach (var property in type.GetProperties(Declared))
        {
            if (Accessors(property) is { Length: > 0 } accessors)
                yield return $"{name}: {Modifiers(property.GetAccessors(true).First(IsVisible))}{Title(property)} {{ {accessors} }} -> "
                    + Written(property.PropertyType, property);
        }
        foreach (var method in type.GetMethods(Declared).Where(IsVisible).Where(IsOrdinary))
        {
            yield return $"{name}: {Access(method.IsPublic)}{Modifiers(method)}{method.Name}{Generic(method)}({Parameters(method.GetParameters())}) -> {Written(method.ReturnType, method.ReturnParameter)}{Constraints(method)}";
        }
    }

    static bool IsVisible(Type type) => type.IsNested
        ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!)
        : type.IsPublic;

    static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    static bool IsOrdinary(MethodInfo method) =>
        method.Name != "Finalize" && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal));

    static string KindOf(Type type) =>
        type.IsEnum ? "enum"
        : type.IsValueType ? "struct"
        : type.IsInterface ? "interface"
        : type.IsAbstract && type.IsSealed ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class"
        : "class";

    static string Access(bool isPublic) => isPublic ? "" : "protected ";

    static string Modifiers(FieldInfo field) =>
        field.IsLiteral ? $"const({Constant(field.GetRawConstantValue())}) "
        : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");

    static string Modifiers(MethodBase method)
    {
        if (method.IsStatic) return "static ";
        // A final method is one that merely implements an interface.
        if (!method.IsVirtual || method.IsFinal) return "";
        var isNew = (method.Attributes & MethodAttributes.VtableLayoutMask) == MethodAttributes.NewSlot;
        return method.IsAbstract ? "abstract " : isNew ? "virtual " : "override ";
    }

    static string Accessors(PropertyInfo property) => string.Join(' ', new[]
    {
        property.GetMethod is { } get && IsVisible(get) ? $"{Access(get.IsPublic)}get;" : "",
        property.SetMethod is { } set && IsVisible(set) ? $"{Access(set.IsPublic)}set;" : "",
    }.Where(accessor => accessor.Length > 0));

    static string Title(PropertyInfo property) =>
        property.GetIndexParameters() is { Length: > 0 } indices ? $"this[{Parameters(indices)}]" : property.Name;

    static string Generic(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";

    static string Constraints(MethodInfo method) => !method.IsGenericMethodDefinition ? "" : string.Concat(
        method.GetGenericArguments().Select(argument =>
        {
            var flags = argument.GenericParameterAttributes & GenericParameterAttributes.SpecialConstraintMask;
            var bounds = argument.GetGenericParameterConstraints().Select(bound => NameOf(bound));
            string[] all = [.. flags == GenericParameterAttributes.None ? [] : new[] { flags.ToString() }, .. bounds];
            return all.Length == 0 ? "" : $" where {argument.Name} : {string.Join(", ", all)}";
        }));

    static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(parameter =>
    {
        var prefix = Has(parameter, "System.ParamArrayAttribute") ? "params "
            : parameter.IsOut ? "out "
            : parameter.ParameterType.IsByRef ? "ref "
            : "";
        var suffix = parameter.HasDefaultValue ? $" = {Constant(parameter.RawDefaultValue)}" : "";
        return $"{prefix}{Written(parameter.ParameterType, parameter)} {parameter.Name}{suffix}";
    }));

    static string Constant(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        string text => $"\"{text}\"",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    static string Written(Type type, ICustomAttributeProvider member)
    {
        var attributes = member switch
        {
            MemberInfo info => info.CustomAttributes,
            ParameterInfo parameter => parameter.CustomAttributes,
            _ => [],
        };
        var names = attributes
            .Where(attribute => attribute.AttributeType.FullName == "System.Runtime.CompilerServices.TupleElementNamesAttribute")
            .SelectMany(attribute => (IReadOnlyCollection<CustomAttributeTypedArgument>)attribute.ConstructorArguments[0].Value!)
            .Select(name => (string?)name.Value);
        return NameOf(type, new Queue<string?>(names));
    }

    static bool Has(ParameterInfo parameter, string attribute) =>
        parameter.CustomAttributes.Any(found => found.AttributeType.FullName == attribute);

    // The names of a tuple's elements come before those of the tuples inside it.
    static string NameOf(Type type, Queue<string?>? tupleNames = null)
    {
        if (type.IsByRef) return NameOf(type.GetElementType()!, tupleNames);
        if (type.IsArray) return $"{NameOf(type.GetElementType()!, tupleNames)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (type.IsPointer) return $"{NameOf(type.GetElementType()!, tupleNames)}*";
        if (type.IsGenericParameter) return type.Name;

        var arguments = type.GetGenericArguments();
        if (type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true && !type.IsGenericTypeDefinition)
        {
            var names = arguments.Select(_ => tupleNames is { Count: > 0 } ? tupleNames.Dequeue() : null).ToArray();
            return $"({string.Join(", ", arguments.Select((argument, i) => $"{NameOf(argument, tupleNames)} {names[i]}".TrimEnd()))})";
        }

        var own = type.IsNested ? arguments[type.DeclaringType!.GetGenericArguments().Length..] : arguments;
        var parent = type.IsNested ? NameOf(type.DeclaringType!) + "." : type.Namespace is null ? "" : type.Namespace + ".";
        var name = type.Name.Split('`')[0];
        return parent + name + (own.Length == 0 ? "" : $"<{string.Join(", ", own.Select(argument => NameOf(argument, tupleNames)))}>");
    }
}
