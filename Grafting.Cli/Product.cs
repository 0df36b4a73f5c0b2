using System.Reflection;

namespace Grafting.Cli;

static class Product
{
    /// <summary>Version of this build, without the commit that the compiler appends.</summary>
    public static string Version { get; } = typeof(Product).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
