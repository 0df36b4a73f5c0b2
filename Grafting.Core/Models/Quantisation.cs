namespace Grafting.Core.Models;

/// <summary>Recognises checkpoints whose weights are not plain numbers, and refuses them by name.</summary>
static class Quantisation
{
    const string Remedy =
        "Use the unquantised checkpoint that it was made from; for bitsandbytes, transformers' dequantize() and save_pretrained make one.";

    static readonly string[] Fields = ["quantization_config", "compression_config"];

    // What a module's weight is stored as, by the packages that store it so.
    static readonly (string Ending, string Method)[] Traces =
    [
        (".qweight", "GPTQ or AWQ"), (".qzeros", "GPTQ or AWQ"), (".g_idx", "GPTQ"), (".SCB", "bitsandbytes, 8 bits"),
        (".absmax", "bitsandbytes, 4 bits"),
        (".quant_map", "bitsandbytes, 4 bits"), (".weight_packed", "compressed-tensors"), (".weight_scale", "FP8 or compressed-tensors"),
        (".weight_scale_inv", "FP8"),
    ];

    /// <exception cref="GraftException">Of kind Input when a configuration says that the weights are quantised.</exception>
    public static void Refuse(ConfigReader config)
    {
        if (Of(config) is { } method) throw Fault.Input($"{config.Source}: the weights are quantised ({method}).", Remedy);
    }

    /// <summary>By what a configuration says that the weights are quantised; null where it says nothing of it.</summary>
    public static string? Of(ConfigReader config) =>
        Fields.Select(config.Object).FirstOrDefault(part => part is not null) is { } quantisation ? Method(quantisation) : null;

    /// <summary>The complaint about tensors that only a quantised checkpoint has, or null.</summary>
    /// <param name="source">The checkpoint's folder.</param>
    public static GraftException? Find(IEnumerable<string> tensors, string source)
    {
        foreach (var name in tensors)
            foreach (var (ending, method) in Traces)
                if (name.EndsWith(ending, StringComparison.Ordinal))
                    return Fault.Input($"{source}: the weights are quantised ({method}): {Printable.Quote(name)}.", Remedy);
        return null;
    }

    static string Method(ConfigReader quantisation) => quantisation.String("quant_method", "") switch
    {
        "bitsandbytes" => "bitsandbytes",
        "gptq" => "GPTQ",
        "awq" => "AWQ",
        "" when quantisation.Has("load_in_4bit") || quantisation.Has("load_in_8bit") => "bitsandbytes",
        "" => "by a method that the file does not name",
        var other => Printable.Quote(other),
    };
}
