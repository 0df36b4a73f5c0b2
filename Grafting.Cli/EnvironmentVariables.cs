namespace Grafting.Cli;

/// <summary>Variables that change what graft does; <c>graft help environment</c> prints the same table.</summary>
static class EnvironmentVariables
{
    public const string Grace = "GRAFT_GRACE";

    public static IReadOnlyList<(string Name, string Meaning)> Table { get; } =
    [
        ("GRAFT_WORKSPACE", "workspace folder when --workspace is not given"),
        ("GRAFT_TORCH", "who provides libtorch, read by ./graft and ./test: torchsharp (packages) or system; remembered"),
        ("GRAFT_CUDA", "true fetches the CUDA build of the TorchSharp packages; remembered"),
        ("GRAFT_LIBTORCH", "folder of the libtorch that the provider 'system' is built with; remembered"),
        (
            Grace,
            "seconds between the system's notice (SIGTERM, SIGUSR1) and the end; train-encoder warns when a step and a save take longer"),
        ("HF_HUB_CACHE, HF_HOME", "where checkpoints of the Hugging Face Hub are looked for"),
        ("NO_COLOR", "any value: no colours"),
        ("COLUMNS", "width of tables and help"),
    ];
}
