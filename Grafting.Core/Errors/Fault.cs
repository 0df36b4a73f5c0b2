using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Grafting.Core;

/// <summary>Throw helpers: the value, where it stands, what was expected.</summary>
[StackTraceHidden]
public static class Fault
{
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/> when the value is outside [low, high].</exception>
    public static void IfOutside(
        long value, long low, long high, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        if (value < low || value > high) throw Outside(name, $"{name} is {value}; it must be between {low} and {high}.");
    }

    /// <exception cref="GraftException">
    /// Of kind <see cref="ErrorKind.Usage"/> when the value is outside [low, high] or not a number.
    /// </exception>
    public static void IfOutside(
        double value, double low, double high, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        if (!(value >= low && value <= high))
            throw Outside(name, FormattableString.Invariant($"{name} is {value}; it must be between {low} and {high}."));
    }

    public static GraftException Usage(string message, string? remedy = null) => new(ErrorKind.Usage, message, remedy);

    public static GraftException Input(string message, string? remedy = null, Exception? inner = null) =>
        new(ErrorKind.Input, message, remedy, inner);

    public static GraftException Numerics(string message, string? remedy = null) => new(ErrorKind.Numerics, message, remedy);

    public static GraftException Resources(string message, string? remedy = null, Exception? inner = null) =>
        new(ErrorKind.Resources, message, remedy, inner);

    static GraftException Outside(string? name, string message) => new(ErrorKind.Usage, message) { Subject = name };

    /// <summary>Marks a branch that no input can reach.</summary>
    [DoesNotReturn]
    public static T Unreachable<T>(object? value) => throw new UnreachableException($"unexpected {value}");
}
