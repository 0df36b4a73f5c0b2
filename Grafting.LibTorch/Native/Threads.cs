namespace Grafting.LibTorch;

static class Threads
{
    internal static void Arrange() { }
}
