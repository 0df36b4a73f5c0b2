using System.Text.Json;
using Grafting.Core.Checkpoints;
using Grafting.Surrogates.Planning;
using Grafting.Tests.Support;

namespace Grafting.Tests.Surrogates.Planning;

/// <summary>Configurations and requests that the tests of planning share.</summary>
static class PlanTarget
{
    public static readonly TrainingWorkload Work = new(TensorType.BF16) { Library = LibraryTraits.Of("1.13.1") };

    public static JsonElement Real(string model) => JsonElement.Parse(File.ReadAllText(Shared.Real($"configs/{model}/config.json")));

    public static PlanRequest Request(
        PlanLimits? limits = null, Speed? speed = null, KnownTransition? transition = null, TrainingWorkload? work = null) =>
        new(work ?? Work, VisionShape.ClipLarge336, new SampleCounts(), limits ?? new PlanLimits(), speed, transition);

    public static SurrogateSurvey Survey(JsonElement config, PlanRequest? request = null) =>
        SurrogateSurvey.Create(config, "config.json", _ => request ?? Request());

    public static SurrogateSurvey Survey(int layers, PlanRequest? request = null) =>
        Survey(TinyTarget.Element(TinyTarget.Config(layers)), request);
}
