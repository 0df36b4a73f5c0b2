using Grafting.Core.Health;
using Grafting.Core.Health.Energy;

namespace Grafting.Recipes.Costs;

/// <summary>One process that worked on a run; a run that was resumed has several.</summary>
/// <param name="Device">As <c>--device</c> takes it.</param>
/// <param name="Type">Of weights and arithmetic.</param>
/// <param name="Rate">What this device reached with square matrices of that type, with the threads that training uses.</param>
/// <param name="Seconds">From the loaded model on, work that was lost included.</param>
/// <param name="PeakMemory">Bytes of the process in RAM at most, loading included; null where the system does not tell.</param>
/// <param name="PeakDeviceMemory">
/// Bytes in use on the device at most, looked at once a second, by all processes; null where it does not tell.
/// </param>
/// <param name="Energy">Of the device in these seconds.</param>
public sealed record CostSession(
    string Device, string Type, string Provider, MatrixRate Rate, double Seconds, long? PeakMemory, long? PeakDeviceMemory,
    EnergyReading Energy);

/// <summary>Steps after the last checkpoint that a process lost when it died, and that another ran again.</summary>
public sealed record RepeatedWork(int Steps, double Seconds)
{
    public static RepeatedWork None { get; } = new(0, 0);

    public static RepeatedWork operator +(RepeatedWork a, RepeatedWork b) => new(a.Steps + b.Steps, a.Seconds + b.Seconds);
}
