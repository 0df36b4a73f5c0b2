using System.Text.Json.Nodes;
using Grafting.Core.Checkpoints;
using Grafting.Core.Models.Decoders;
using Grafting.Tests.Support;
using static TorchSharp.torch;

namespace Grafting.Tests.Models;

/// <summary>
/// No fixture has a Phi-3. It differs from a Llama or Mistral in how matrices are stored, so the fixtures of those are stored its way and
/// must give the same numbers.
/// </summary>
[TestFixture]
sealed class Phi3Tests
{
    // As for the fixtures themselves (fixtures README).
    const double HiddenTolerance = 2e-4;
    const double LogitTolerance = 5e-4;
    const double GradientTolerance = 1e-4;

    [TestCase("llama_gqa")]
    [TestCase("mistral_sw")]
    public void Stored_as_a_Phi_3_a_model_computes_the_same(string family)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        Convert(Shared.Fixture($"decoders/{family}"), folder);
        using var model = DecoderFamilies.Load(folder.Path, CPU, ScalarType.Float32);
        Assert.That(model.Config.ModelType, Is.EqualTo("phi3"));
        using var expected = new Expected(Path.Combine(Shared.Fixture($"decoders/{family}"), "expected.safetensors"));
        var ids = expected.Ids("full.input_ids");
        var final = model.forward(model.embed(ids), expected.Ids("full.position_ids"), null);
        Compare.Close(final, expected.Floats($"full.hidden_states.{model.Shape.Layers}"), HiddenTolerance, "final hidden state");
        var logits = model.head(final);
        Compare.Close(logits, expected.Floats("full.logits"), LogitTolerance, "logits");

        var s = ids.shape[1];
        nn.functional.cross_entropy(
            logits.narrow(1, 0, s - 1).reshape(-1, model.Shape.Vocabulary),
            expected.Ids("full.labels").narrow(1, 1, s - 1).reshape(-1)).backward();
        var query = expected.Names.Single(
            name => name.StartsWith("full.grad.", StringComparison.Ordinal) && name.EndsWith("q_proj.weight", StringComparison.Ordinal));
        var layer = query["full.grad.".Length..].Replace("q_proj", "qkv_proj", StringComparison.Ordinal);
        var gradient = Named.Parameter(model, model.Keys.ToOurs(layer)!).grad!;
        Compare.CloseRelative(gradient.narrow(0, 0, expected.Floats(query).shape[0]), expected.Floats(query), GradientTolerance, query);
    }

    [TestCase("rope_scaling", """{"type": "longrope", "short_factor": [1.0], "long_factor": [1.0]}""", "longrope")]
    [TestCase("partial_rotary_factor", "0.75", "partial_rotary_factor")]
    [TestCase("attention_bias", "true", "attention_bias")]
    public void The_variants_that_rotate_otherwise_are_refused(string field, string value, string named)
    {
        using var folder = new TempFolder();
        Convert(Shared.Fixture("decoders/llama_gqa"), folder);
        var json = JsonNode.Parse(File.ReadAllText(folder[Checkpoint.ConfigName]))!;
        json[field] = JsonNode.Parse(value);
        folder.Write(Checkpoint.ConfigName, json.ToJsonString());
        Assert.That(() => DecoderFamilies.Load(folder.Path, CPU, ScalarType.Float32), Throws.Exception.With.Message.Contains(named));
    }

    /// <summary>Query, key and value one below the other, and gate and up.</summary>
    static void Convert(string source, TempFolder target)
    {
        using var checkpoint = Checkpoint.Open(source);
        var tensors = new List<TensorSource>();
        foreach (var (name, stored) in checkpoint.Tensors)
        {
            if (name.EndsWith("q_proj.weight", StringComparison.Ordinal)) Join(name, "q_proj", "qkv_proj", "q_proj", "k_proj", "v_proj");
            else if (name.EndsWith("gate_proj.weight", StringComparison.Ordinal))
                Join(name, "gate_proj", "gate_up_proj", "gate_proj", "up_proj");
            else if (!new[] { "k_proj.", "v_proj.", "up_proj." }.Any(part => name.Contains(part, StringComparison.Ordinal)))
                tensors.Add(TensorSource.FromFloats(name, stored.Entry.Shape, stored.ReadFloats()));
        }
        SafetensorsWriter.Write(target[Checkpoint.SingleFileName], tensors);
        var json = (JsonObject)JsonNode.Parse(checkpoint.Config.GetRawText())!;
        json["model_type"] = "phi3";
        foreach (var field in new[] { "pretraining_tp", "mlp_bias" }) json.Remove(field);
        target.Write(Checkpoint.ConfigName, json.ToJsonString());

        void Join(string name, string first, string joined, params string[] parts)
        {
            var stored = parts.Select(part => checkpoint.Tensor(name.Replace(first, part, StringComparison.Ordinal))).ToList();
            tensors.Add(TensorSource.FromFloats(
                name.Replace(first, joined, StringComparison.Ordinal),
                [stored.Sum(part => part.Entry.Shape[0]), stored[0].Entry.Shape[1]],
                stored.SelectMany(part => part.ReadFloats()).ToArray()));
        }
    }
}
