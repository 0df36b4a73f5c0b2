using Grafting.Core.Evaluation;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Study;

/// <summary>All cells of a study, as samples that can be compared.</summary>
/// <param name="Cells">By <see cref="StudyCell.Key"/>.</param>
/// <param name="Test">The questions that every cell was asked.</param>
/// <param name="Recipe">Of every cell, as far as its condition says nothing else.</param>
public sealed record StudyResults(
    IReadOnlyList<StudyTarget> Targets, StudyPlan Plan, IReadOnlyDictionary<string, CellResult> Cells, IReadOnlyList<Question> Test,
    StudyScale Scale, Recipe Recipe)
{
    readonly string[] _pictures = [.. Test.Select(question => question.Picture)];

    /// <summary>Whether the study has this condition.</summary>
    public bool Has(StudyCondition condition) => Cells.ContainsKey(new StudyCell(condition, 1).Key);

    /// <summary>Points per seed and question of a system.</summary>
    public StudySample Of(StudyCondition condition, string system) => Sample(condition, cell => cell.Systems[system]);

    /// <summary>Graft minus pair, question by question.</summary>
    public StudySample GraftMinusPair(StudyCondition condition) => Of(condition, "graft").Minus(Of(condition, "pair"));

    /// <summary>The target told in words what the pictures show.</summary>
    public StudySample TextBound(StudyTarget target) => Of(StudyPlan.Whole(target), "words");

    /// <summary>Points per seed and question at one point of a fine-tuning curve.</summary>
    public StudySample Curve(StudyCondition condition, int point) => Sample(condition, cell => cell.Curve![point].Answers);

    public double Mean(StudyCondition condition, Func<CellResult, double> value) => Results(condition).Average(value);

    public IEnumerable<CellResult> Results(StudyCondition condition) =>
        Enumerable.Range(1, Plan.Seeds).Select(seed => Cells[new StudyCell(condition, seed).Key]);

    StudySample Sample(StudyCondition condition, Func<CellResult, SystemAnswers> answers) =>
        new([.. Results(condition).Select(cell => answers(cell).Points)], _pictures);
}
