using Grafting.Core.Running;

namespace Grafting.Tests.Support;

/// <summary>Does something at every report of progress, e.g. asks for a stop.</summary>
sealed class OnProgress(Action<ProgressReport> report) : IProgress<ProgressReport>
{
    public void Report(ProgressReport value) => report(value);
}
