using TorchSharp;
using static TorchSharp.torch;

namespace Grafting.Core.Health.Energy;

/// <summary>Energy that was used, as far as the machine tells it.</summary>
/// <param name="Joules">Null where nothing tells.</param>
/// <param name="Source">What told it and of what, or why nothing does.</param>
public sealed record EnergyReading(double? Joules, string Source);

/// <summary>Something that counts energy upwards and begins again at some number.</summary>
/// <param name="Source">What is counted, in words.</param>
/// <param name="Read">The count in joules; null where it can no longer be read.</param>
/// <param name="Range">Joules at which it begins again at 0; null for one that never does.</param>
public sealed record EnergyCounter(string Source, Func<double?> Read, double? Range = null);

/// <summary>
/// Adds up the energy of a device: for NVIDIA the card's own counter, for a processor the packages' (RAPL, where the system lets us read
/// it). Others that use the device at the same time are counted too.
/// </summary>
public sealed class EnergyMeter
{
    // A package at 1 kW takes minutes for the 262 kJ after which its counter begins again.
    readonly IReadOnlyList<EnergyCounter> _counters;
    readonly double[] _last;
    readonly string _why;
    readonly Lock _lock = new();
    double _joules;
    bool _broken;

    /// <param name="counters">None where nothing tells.</param>
    /// <param name="why">Then, the reason.</param>
    public EnergyMeter(IReadOnlyList<EnergyCounter> counters, string why)
    {
        var first = counters.Select(counter => counter.Read()).ToArray();
        _counters = first.Contains(null) ? [] : counters;
        _why = first.Contains(null) ? $"{counters[Array.IndexOf(first, null)].Source} cannot be read" : why;
        _last = [.. first.OfType<double>()];
    }

    public static EnergyMeter For(Device device) => device.type == DeviceType.CUDA ? Nvml.Meter(device) : Rapl.Meter(Rapl.Folder);

    /// <summary>Reads the counters; to be called more often than any of them begins again. Any thread may.</summary>
    public void Sample()
    {
        lock (_lock)
        {
            for (var i = 0; i < _counters.Count; i++)
            {
                if (_counters[i].Read() is not { } now)
                {
                    _broken = true;
                    return;
                }
                var used = now - _last[i];
                _joules += used < 0 ? used + (_counters[i].Range ?? 0) : used;
                _last[i] = now;
            }
        }
    }

    /// <summary>Since the meter was made.</summary>
    public EnergyReading Read()
    {
        Sample();
        lock (_lock)
        {
            if (_counters.Count == 0) return new EnergyReading(null, _why);
            var source = string.Join(" + ", _counters.Select(counter => counter.Source));
            return _broken ? new EnergyReading(null, $"{source} could no longer be read") : new EnergyReading(_joules, source);
        }
    }
}
