using Grafting.Cli.Rendering;
using Grafting.Core.Running;

namespace Grafting.Cli;

/// <summary>What a running command may use.</summary>
sealed record Session(CliHost Host, Screen Screen, Workspace Workspace);
