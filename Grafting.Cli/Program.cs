using Grafting.Cli;
using Grafting.Core.Running;

using var stop = new StopRequest();
var host = CliHost.OfProcess(stop);
// Libraries that print must not get between the lines of the one JSON document.
Console.SetOut(Console.Error);
return new CommandLine(host).Run(args);
