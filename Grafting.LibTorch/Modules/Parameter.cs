using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>A tensor that a module trains. It takes the given tensor over, which is empty afterwards.</summary>
    public class Parameter : Tensor
    {
        public Parameter(Tensor data, bool requires_grad = true) : base(data.with_requires_grad(requires_grad).Handle, false) =>
            data.Bequeath(this);
    }

    /// <summary>Names of the two forms of GELU.</summary>
    public sealed class GELU
    {
        GELU() { }

        /// <summary>none: exact, with the error function; tanh: its approximation.</summary>
        public enum Approximate
        {
            none,
            tanh,
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}
