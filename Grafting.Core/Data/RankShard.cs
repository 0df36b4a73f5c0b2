using System.Globalization;

namespace Grafting.Core.Data;

/// <summary>
/// Which part of the samples a process reads when several train together: of every <see cref="World"/> positions in a row the one of its
/// rank. The parts are disjoint, and together they are the order that one process alone would read, whatever their number.
/// </summary>
/// <param name="Rank">From 0.</param>
/// <param name="World">Number of processes.</param>
/// <param name="Source">What told it, for messages.</param>
public sealed record RankShard(int Rank, int World, string Source = "given")
{
    /// <summary>A process alone.</summary>
    public static RankShard Single { get; } = new(0, 1, "a single process");

    static readonly (string Source, string Rank, string World)[] s_launchers =
    [
        ("torchrun", "RANK", "WORLD_SIZE"),
        ("Slurm", "SLURM_PROCID", "SLURM_NTASKS"),
        ("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ];

    /// <summary>As the launcher says: torchrun, else Slurm (not in its interactive jobs), else Open MPI, else a process alone.</summary>
    /// <param name="variable">Of the environment.</param>
    /// <exception cref="GraftException">Usage, when a launcher's variables are incomplete or contradict each other.</exception>
    public static RankShard FromEnvironment(Func<string, string?> variable)
    {
        foreach (var (source, rankName, worldName) in s_launchers)
        {
            if (source == "Slurm" && variable("SLURM_JOB_NAME") is "bash" or "interactive") continue;
            var (rank, world) = (variable(rankName), variable(worldName));
            if (string.IsNullOrEmpty(rank) && string.IsNullOrEmpty(world)) continue;
            return new RankShard(Number(rankName, rank), Number(worldName, world), source).Validate();
        }
        return Single;
    }

    public RankShard Validate()
    {
        Fault.IfOutside(World, 1, 1 << 20, $"the number of processes ({Source})");
        Fault.IfOutside(Rank, 0, World - 1, $"the rank ({Source})");
        return this;
    }

    /// <summary>Where a position of this process stands in the order of all.</summary>
    public long PositionOf(long own) => checked((own * World) + Rank);

    static int Number(string name, string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw Fault.Usage(
            $"{name} is {(text is null ? "not set" : Printable.Quote(text))}; a whole number was expected.",
            "Set all variables of the launcher, or none.");
}
