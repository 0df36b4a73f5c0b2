using System.Runtime.CompilerServices;

// Every argument of the border is blittable; this says so to the interop generator and keeps marshalling out.
[assembly: DisableRuntimeMarshalling]
[assembly: InternalsVisibleTo("Grafting.Tests")]
