using TorchSharp;

namespace Grafting.Core.Numerics;

/// <summary>Numbers that tensor operations take, kept for good.</summary>
/// <remarks>
/// TorchSharp does not keep a <see cref="Scalar"/> alive while the native code reads it: one that was converted for a single call, the
/// alpha that <c>x.add(y)</c> makes included, may be freed by its finalizer in between, which ends a training once in some million calls.
/// What runs at every step takes its scalars from here, or holds them with <c>using</c>.
/// </remarks>
static class Scalars
{
    public static readonly Scalar One = 1;
}
