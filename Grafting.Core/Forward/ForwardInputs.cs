using Grafting.Core.Checkpoints;
using Grafting.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Forward;

/// <summary>The tensors that a forward pass is given, each checked before a model sees it.</summary>
public sealed class ForwardInputs : IDisposable
{
    /// <summary>Names shown of those that are wrong.</summary>
    const int Shown = 8;

    readonly SafetensorsFile _file;
    readonly string _prefix;

    ForwardInputs(SafetensorsFile file, string prefix) => (_file, _prefix) = (file, prefix);

    /// <param name="prefix">Only tensors whose names begin with this are meant, and others may be there; null: all are meant.</param>
    /// <param name="names">The inputs that the model takes.</param>
    /// <param name="model">What the model is, for messages.</param>
    /// <exception cref="GraftException">Of kind Input: not such a file, or a tensor that the model does not take.</exception>
    public static ForwardInputs Open(string path, string? prefix, IReadOnlyList<string> names, string model)
    {
        var file = SafetensorsFile.Open(path);
        try
        {
            if (prefix is null) RefuseOthers(file, names, model);
            else if (names.All(name => !file.Tensors.ContainsKey(prefix + name)))
            {
                throw Fault.Input(
                    $"{path}: has none of the inputs of {model} with the prefix {Printable.Quote(prefix)}; they are "
                        + $"{string.Join(", ", names)}.",
                    $"Give the prefix with its dot, as in --prefix full. for \"full.{names[0]}\".");
            }
            return new ForwardInputs(file, prefix ?? "");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool Has(string name) => _file.Tensors.ContainsKey(_prefix + name);

    /// <summary>Whole numbers of any width as int64; null where there are none of that name.</summary>
    internal Tensor? WholeNumbers(string name, Device device)
    {
        if (Find(name) is not { } entry) return null;
        if (entry.Type.IsFloat() || entry.Type == TensorType.Bool) throw Wrong(name, "whole numbers were expected, such as I64");
        return Read(entry).to(ScalarType.Int64).to(device);
    }

    /// <summary>Floats of any type, converted; null where there are none of that name.</summary>
    internal Tensor? Floats(string name, ScalarType dtype, Device device)
    {
        if (Find(name) is not { } entry) return null;
        if (!entry.Type.IsFloat()) throw Wrong(name, "a float type was expected, such as F32");
        var values = torch.empty(entry.Shape, dtype, CPU);
        TensorLoading.Fill(values, new StoredTensor(entry, _file));
        return values.to(device);
    }

    /// <summary>Bool, from any type that holds nothing but 0 and 1; null where there is none of that name.</summary>
    internal Tensor? Mask(string name, Device device)
    {
        if (Find(name) is not { } entry) return null;
        using Scalar one = 1, zero = 0;
        var values = Read(entry);
        var real = values.eq(one);
        if (!real.logical_or(values.eq(zero)).all().item<bool>()) throw Wrong(name, "only 0 (padding) and 1 (a token) may stand in it");
        return real.to(device);
    }

    /// <summary>The complaint about an input: its name, its type and shape, where it is, and what was expected.</summary>
    internal GraftException Wrong(string name, string expected) => Fault.Input($"{_file.Path}: {_file.Entry(_prefix + name)}: {expected}.");

    internal GraftException Missing(string names) =>
        Fault.Input($"{_file.Path}: has no {(_prefix.Length == 0 ? "" : $"{Printable.Quote(_prefix)} + ")}{names}.");

    public void Dispose() => _file.Dispose();

    TensorEntry? Find(string name)
    {
        if (!_file.Tensors.TryGetValue(_prefix + name, out var entry)) return null;
        return entry.ElementCount > 0 ? entry : throw Wrong(name, "an input without any element");
    }

    Tensor Read(TensorEntry entry)
    {
        var values = torch.empty(entry.Shape, TypeOf(entry.Type), CPU);
        _file.Read(entry, values.bytes);
        return values;
    }

    static ScalarType TypeOf(TensorType type) => type switch
    {
        TensorType.I64 => ScalarType.Int64,
        TensorType.I32 => ScalarType.Int32,
        TensorType.I16 => ScalarType.Int16,
        TensorType.I8 => ScalarType.Int8,
        TensorType.U8 => ScalarType.Byte,
        TensorType.Bool => ScalarType.Bool,
        _ => TensorLoading.DType(type),
    };

    static void RefuseOthers(SafetensorsFile file, IReadOnlyList<string> names, string model)
    {
        var others = file.Tensors.Keys.Except(names).Order(StringComparer.Ordinal).ToList();
        if (others.Count == 0) return;
        var more = others.Count > Shown ? $" and {others.Count - Shown} more" : "";
        throw Fault.Input(
            $"{file.Path}: {string.Join(", ", others.Take(Shown).Select(Printable.Quote))}{more} "
            + $"{(others.Count == 1 ? "is no input" : "are no inputs")} of {model}; "
            + $"it takes {string.Join(", ", names)}.",
            "Leave the others out, or take the inputs by a prefix (--prefix full.), beside which other names may be there.");
    }
}
