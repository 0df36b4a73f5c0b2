using Grafting.Core;
using Grafting.Recipes.Schema;
using Grafting.Recipes.Toy;

namespace Grafting.Recipes.Study;

/// <summary>How large a study is.</summary>
public sealed record StudyScale
{
    /// <summary>
    /// Seed of everything that is drawn; another one than <see cref="ToyData"/>'s, whose test pictures were looked at while the recipes
    /// were made.
    /// </summary>
    public const ulong DataSeed = 2026;

    /// <summary>Kinds that the trainings of group H never see; every colour and every shape occurs in others.</summary>
    public static IReadOnlyList<(Colour Colour, Shape Shape)> HeldOut { get; } =
    [
        (Colour.Red, Shape.Triangle), (Colour.Blue, Shape.Circle),
    ];

    public int Seeds { get; init; } = 5;

    public int TrainPictures { get; init; } = 3000;

    public int ValidationPictures { get; init; } = 60;

    public int TestPictures { get; init; } = 150;

    /// <summary>Conversations that the analysis and least squares read.</summary>
    public int Passages { get; init; } = 200;

    /// <summary>Steps of each stage; null: the recipe's.</summary>
    public int? Steps { get; init; }

    /// <summary>Whether the larger target takes part.</summary>
    public bool Deep { get; init; } = true;

    /// <summary>Few conditions, to try out the machinery: the figures mean nothing.</summary>
    public bool Quick { get; init; }

    /// <summary>One seed, few steps, three trainings.</summary>
    public static StudyScale ForQuick { get; } = new()
    {
        Seeds = 1,
        TrainPictures = 60,
        ValidationPictures = 4,
        TestPictures = 8,
        Passages = 24,
        Steps = 6,
        Deep = false,
        Quick = true,
    };

    public StudyScale Validate()
    {
        Fault.IfOutside(Seeds, 1, 100, "--seeds");
        Fault.IfOutside(TestPictures, 2, 10_000);
        return this;
    }

    public Recipe Apply(Recipe recipe) => Steps is not { } steps
        ? recipe
        : recipe with { Stages = [.. recipe.Stages.Select(stage => stage with { Steps = steps })] };
}
