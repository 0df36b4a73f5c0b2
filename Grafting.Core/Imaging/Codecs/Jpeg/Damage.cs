namespace Grafting.Core.Imaging.Codecs.Jpeg;

/// <summary>What can be wrong with the coded pixels.</summary>
static class Damage
{
    public static InvalidDataException EndsEarly() => new("its pixel data ends early");

    public static InvalidDataException BadCode() => new("its pixel data has an invalid code");

    public static InvalidDataException BandOverrun() => new("its pixel data has a run beyond the end of a block");

    public static InvalidDataException OutOfRange() => new("its pixel data has a coefficient out of range");

    public static InvalidDataException BadRestart(int expected) => new($"restart marker {expected} is not where it should be");
}
