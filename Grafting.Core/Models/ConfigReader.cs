using System.Text.Json;
using Grafting.Core.Models.Layers;

namespace Grafting.Core.Models;

/// <summary>
/// Reads a JSON object field by field and in the end refuses every field that nobody asked for, because one that is silently left out
/// can change the numbers. A field that is null counts as absent.
/// </summary>
internal sealed class ConfigReader(JsonElement json, string source)
{
    // Written into every configuration by some version of transformers: bookkeeping, training and decoding settings, output switches.
    // Old files carry nearly all of them, with their defaults.
    static readonly string[] GeneralFields =
    [
        "_name_or_path", "add_cross_attention", "architectures", "attention_dropout", "bad_words_ids", "begin_suppress_tokens",
        "bos_token_id", "chunk_size_feed_forward", "cross_attention_hidden_size", "decoder_start_token_id", "diversity_penalty",
        "do_sample", "dtype", "early_stopping", "encoder_no_repeat_ngram_size", "eos_token_id", "exponential_decay_length_penalty",
        "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "id2label", "is_decoder", "is_encoder_decoder", "label2id",
        "length_penalty", "max_length", "max_new_tokens", "min_length", "model_type", "no_repeat_ngram_size", "num_beam_groups",
        "num_beams",
        "num_return_sequences", "output_attentions", "output_hidden_states", "output_scores", "pad_token_id", "prefix", "problem_type",
        "pruned_heads", "remove_invalid_values", "repetition_penalty", "return_dict", "return_dict_in_generate", "sep_token_id",
        "suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss", "tie_encoder_decoder", "tokenizer_class", "top_k",
        "top_p", "torch_dtype", "torchscript", "transformers_version", "typical_p", "unsloth_fixed", "unsloth_version", "use_bfloat16",
        "use_cache",
    ];

    readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Where the object stands, for messages: a file, and the path of the object in it.</summary>
    public string Source { get; } = json.ValueKind == JsonValueKind.Object
        ? source
        : throw Fault.Input($"{source} is a JSON {json.ValueKind}; an object was expected.");

    public bool Has(string name) => Find(name) is not null;

    public int Int(string name, int fallback) => Find(name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
        : throw Wrong(name, value, "a whole number");

    public double Double(string name, double fallback) => Find(name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number
        : throw Wrong(name, value, "a number");

    public double Double(string name) => Has(name) ? Double(name, 0) : throw Missing(name);

    public int Int(string name) => Has(name) ? Int(name, 0) : throw Missing(name);

    public bool Bool(string name, bool fallback) => Find(name) is not { } value ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(name, value, "true or false");

    public string String(string name, string fallback) => Find(name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw Wrong(name, value, "a string");

    /// <summary>A list of whole numbers, for which one number alone may stand; null where the field is absent.</summary>
    public IReadOnlyList<int>? Ints(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select((item, i) =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var number)
                ? number
                : throw Wrong($"{name}[{i}]", item, "a whole number"))],
        _ => [Int(name)],
    };

    /// <summary>A list of strings; null where the field is absent.</summary>
    public IReadOnlyList<string>? Strings(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select((item, i) =>
            item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong($"{name}[{i}]", item, "a string"))],
        var other => throw Wrong(name, other.Value, "a list of strings"),
    };

    /// <summary>Whether the field is there and says null, which for some means another value than to be absent.</summary>
    public bool IsNull(string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Null;

    public ConfigReader? Object(string name) =>
        Find(name) is { } value ? new ConfigReader(value, $"{Source}: {name}") : null;

    /// <summary>Names fields that cannot change what the model computes.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names) _known.Add(name);
    }

    /// <summary>Names the fields that any configuration may have without effect on what the model computes.</summary>
    public void IgnoreGeneralFields() => Ignore(GeneralFields);

    /// <exception cref="GraftException">Of kind Input when a field was neither read nor named as harmless.</exception>
    public void Finish()
    {
        foreach (var property in json.EnumerateObject())
        {
            if (_known.Contains(property.Name) || property.Value.ValueKind == JsonValueKind.Null) continue;
            throw Fault.Input(
                $"{Source}: the field {Printable.Quote(property.Name)}, {Show(property.Value)}, is not supported, and leaving it out "
                    + "could change the numbers.",
                "Remove the field if it has no effect on this model, or use a checkpoint without it.");
        }
    }

    /// <summary>Ends the reading: refuses fields that nobody asked for, and values that the configuration does not take.</summary>
    public T Finish<T>(T read)
        where T : DecoderConfig
    {
        Finish();
        return Check(read.Checked<T>);
    }

    /// <summary>Reads the name of an activation of which only one is supported.</summary>
    public void RequireActivation(string name, Activation only)
    {
        var activation = Activations.Parse(String(name, only.Name()), $"{Source}: {name}");
        if (activation != only)
            throw Fault.Input($"{Source}: {name} is \"{activation.Name()}\"; this family is supported with \"{only.Name()}\".");
    }

    /// <summary>Reads a switch that is supported only where it is off: false, null or absent.</summary>
    public void RequireFalse(string name)
    {
        if (Find(name) is { ValueKind: not JsonValueKind.False } value)
            throw Fault.Input($"{Source}: {name} is {Show(value)}; only models without it are supported.");
    }

    /// <summary>Turns a complaint about a value into one that says which file it is in.</summary>
    public T Check<T>(Func<T> validate)
    {
        try
        {
            return validate();
        }
        catch (GraftException error) when (error.Kind == ErrorKind.Usage)
        {
            throw Fault.Input($"{Source}: {error.Message}", error.Remedy, error);
        }
    }

    JsonElement? Find(string name)
    {
        _known.Add(name);
        return json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    GraftException Missing(string name) => Fault.Input($"{Source}: the field \"{name}\" is missing.");

    GraftException Wrong(string name, JsonElement value, string expected) =>
        Fault.Input($"{Source}: \"{name}\" is {Show(value)}; {expected} was expected.");

    static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Printable.Quote(value.GetString()!),
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => value.GetRawText() is { Length: <= 40 } text ? text : "a very long number",
    };
}
