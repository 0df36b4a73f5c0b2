using System.Globalization;
using System.Text;
using Grafting.Core.Training;
using Grafting.Recipes.Schema;
using Grafting.Surrogates;

namespace Grafting.Recipes.Study;

/// <summary>The decoder that an encoder is trained against.</summary>
public enum StudyDecoder
{
    /// <summary>First layers, a translator, the last layer.</summary>
    Surrogate,

    /// <summary>The whole target, frozen.</summary>
    Whole,

    /// <summary>First layers alone, straight under the target's norm and head.</summary>
    Slice,
}

/// <summary>How a cell goes on after its encoder is trained.</summary>
public enum StudyFineTuning
{
    None,

    /// <summary>Graft, then training of target and encoder on fractions of the data.</summary>
    FromGraft,

    /// <summary>
    /// The paper's baseline: the adapter is trained against the whole target, then target and encoder together, for as many operations as
    /// <see cref="FromGraft"/> takes in all at the same fraction.
    /// </summary>
    FromScratch,
}

/// <summary>What one training of the study differs in; everything else is the recipe's.</summary>
/// <param name="Target">Key of the target.</param>
/// <param name="Layers">Layers of the target in front; the target's own number for <see cref="StudyDecoder.Whole"/>.</param>
public sealed record StudyCondition(string Target, StudyDecoder Decoder, int Layers)
{
    public TranslatorStart Start { get; init; } = TranslatorStart.First;

    /// <summary>Factor on the translator's learning rate; null: the recipe's.</summary>
    public double? TranslatorRate { get; init; }

    /// <summary>Weight of template tokens in the loss; null: the recipe's.</summary>
    public double? SpecialTokenWeight { get; init; }

    /// <summary>Whether the first stage reads text beside pictures, as the recipe says.</summary>
    public bool Text { get; init; } = true;

    /// <summary>Trains on scenes that lack some kinds of things.</summary>
    public bool HeldOut { get; init; }

    public StudyFineTuning FineTuning { get; init; }

    /// <summary>Names the condition in files and tables: what differs from the recipe.</summary>
    public string Key
    {
        get
        {
            var key = new StringBuilder(Target);
            key.Append(Decoder switch
            {
                StudyDecoder.Whole => "-whole",
                StudyDecoder.Slice => Invariant($"-slice{Layers}"),
                _ => Invariant($"-k{Layers}"),
            });
            if (Start != TranslatorStart.First) key.Append('-').Append(Start.Name());
            if (TranslatorRate is { } rate) key.Append(Invariant($"-rate{rate}"));
            if (SpecialTokenWeight is { } weight) key.Append(Invariant($"-special{weight}"));
            if (!Text) key.Append("-notext");
            if (HeldOut) key.Append("-heldout");
            if (FineTuning != StudyFineTuning.None) key.Append(FineTuning == StudyFineTuning.FromGraft ? "-curve" : "-scratch");
            return key.ToString();
        }
    }

    /// <summary>The recipe of this condition.</summary>
    public Recipe Apply(Recipe recipe, int seed) => (recipe with
    {
        Name = Key,
        Seed = seed,
        Stages = [.. Stages(recipe)],
    }).Validate();

    IEnumerable<StageConfig> Stages(Recipe recipe)
    {
        var stages = recipe.Stages.Select(stage => stage with { SpecialTokenWeight = SpecialTokenWeight ?? stage.SpecialTokenWeight });
        if (Decoder == StudyDecoder.Surrogate && FineTuning != StudyFineTuning.FromScratch) return stages.Select(WithTranslator);
        // The baseline trains nothing but the bridge before the target is fine-tuned.
        return (FineTuning == StudyFineTuning.FromScratch ? stages.Take(1) : stages).Select(WithoutTranslator);
    }

    StageConfig WithTranslator(StageConfig stage)
    {
        var trained = stage with
        {
            Train = [.. stage.Train.Select(part => part.Part == "translator" ? part with { Rate = TranslatorRate ?? part.Rate } : part)],
        };
        return Text ? trained : WithoutText(trained);
    }

    /// <summary>Without a translator nothing that trains would learn from text.</summary>
    static StageConfig WithoutTranslator(StageConfig stage) =>
        WithoutText(stage with { Train = [.. stage.Train.Where(part => part.Part != "translator")] });

    static StageConfig WithoutText(StageConfig stage) => stage with { TextBatch = 0, TextShare = null };

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One training with its examination.</summary>
public sealed record StudyCell(StudyCondition Condition, int Seed)
{
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{Condition.Key}.seed{Seed}");
}
