using Grafting.Core;
using Grafting.Core.Transfer;
using Grafting.Core.Transfer.Export;
using Grafting.Recipes.Schema;

namespace Grafting.Recipes.Runs;

/// <summary>The models that an encoder came from, for the model card of an export.</summary>
public static class ExportParts
{
    /// <returns>The tower's checkpoint, where the bundle's recipe names one; its licence where that checkpoint is here.</returns>
    public static IReadOnlyList<PartOrigin> Of(ExportSource source)
    {
        var path = Path.Combine(source.BundleFolder, EncoderBundle.RecipeName);
        if (!File.Exists(path) || RecipeFile.Parse(File.ReadAllText(path), path).Tower.Checkpoint is not { } tower) return [];
        try
        {
            return [PartOrigin.Of("vision tower", TargetResolver.ResolveTower(tower))];
        }
        catch (GraftException error) when (error.Kind == ErrorKind.Input)
        {
            // It was here when the encoder was trained; the export does not need it.
            return [new PartOrigin("vision tower", tower, null)];
        }
    }
}
