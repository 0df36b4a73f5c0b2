using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>What stands outside a picture or a sequence.</summary>
public enum PaddingModes
{
    Zeros = 0,
    Reflect = 1,
    Replicate = 2,
    Circular = 3,
    Constant = 4,
}

public static unsafe partial class torch
{
    /// <summary>How values between samples are made.</summary>
    public enum InterpolationMode
    {
        Nearest = 0,
        Linear = 1,
        Bilinear = 2,
        Bicubic = 3,
        Trilinear = 4,
        Area = 5,
        NearestExact = 6,
    }

    public static partial class nn
    {
        /// <summary>How a loss of many elements becomes one.</summary>
        public enum Reduction : long
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        /// <summary>Layers as functions.</summary>
        public static partial class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                Made(graft_linear(input.Handle, weights.Handle, HandleOf(bias)), input, weights, bias);

            public static Tensor layer_norm(
                Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5)
            {
                fixed (long* shape = normalized_shape)
                {
                    return Made(
                        graft_layer_norm(input.Handle, shape, normalized_shape.Length, HandleOf(weight), HandleOf(bias), eps),
                        input, weight, bias);
                }
            }

            public static Tensor conv2d(
                Tensor input, Tensor weight, Tensor? bias = null,
                long[]? strides = null, long[]? padding = null, long[]? dilation = null, long groups = 1)
            {
                long[] step = strides ?? [1], border = padding ?? [0], spread = dilation ?? [1];
                fixed (long* s = step, p = border, d = spread)
                {
                    return Made(
                        graft_conv2d(
                            input.Handle, weight.Handle, HandleOf(bias), s, step.Length, p, border.Length, d, spread.Length, groups),
                        input, weight, bias);
                }
            }

            public static Tensor gelu(Tensor x) => x.gelu();

            public static Tensor gelu(Tensor x, Modules.GELU.Approximate approximate, bool inplace = false) =>
                inplace ? x.gelu_(approximate).alias() : x.gelu(approximate);

            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_().alias() : x.silu();

            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_().alias() : x.relu();

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) => inplace
                ? Changed(graft_dropout_(input.Handle, p, Code(training)), input).alias()
                : Made(graft_dropout(input.Handle, p, Code(training)), input);

            /// <summary>A boolean mask is true where a query may attend; any other is added to the scores.</summary>
            public static Tensor scaled_dot_product_attention(
                Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0.0,
                [MarshalAs(UnmanagedType.U1)] bool is_casual = false)
            {
                if (p < 0) throw new ArgumentException($"The probability of dropout is {p}; it cannot be negative.");
                if (is_casual && attn_mask is not null) throw new ArgumentException("Attention is either causal or has a mask, not both.");
                return Made(
                    graft_attention(query.Handle, key.Handle, value.Handle, HandleOf(attn_mask), p, Code(is_casual)),
                    query, key, value, attn_mask);
            }

            public static Tensor cross_entropy(
                Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100,
                Reduction reduction = Reduction.Mean, double label_smoothing = 0.0) =>
                Made(
                    graft_cross_entropy(input.Handle, target.Handle, HandleOf(weight), ignore_index, (long)reduction, label_smoothing),
                    input, target, weight);

            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                Made(graft_nll_loss(input.Handle, target.Handle, HandleOf(weight), (long)reduction), input, target, weight);

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Made(graft_mse_loss(input.Handle, target.Handle, (long)reduction), input, target);

            public static Tensor kl_div(
                Tensor input, Tensor target, bool log_target = true, Reduction reduction = Reduction.Mean) =>
                Made(graft_kl_div(input.Handle, target.Handle, (long)reduction, Code(log_target)), input, target);

            public static Tensor one_hot(Tensor x, long num_classes = -1) => Made(graft_one_hot(x.Handle, num_classes), x);

            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, (ReadOnlySpan<long>)pad, mode, value);

            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
            {
                if (mode is not (PaddingModes.Constant or PaddingModes.Zeros))
                    throw new NotSupportedException($"Padding by {mode} is not supported by this provider.");
                fixed (long* first = pad)
                    return Made(graft_constant_pad(input.Handle, first, pad.Length, value), input);
            }

            public static Tensor interpolate(
                Tensor x, long[]? size = null, double[]? scale_factor = null, InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null, bool recompute_scale_factor = false, bool antialias = false)
            {
                if (size is not [_, _] || scale_factor is not null)
                    throw new NotSupportedException("This provider resizes pictures to a given height and width only.");
                fixed (long* first = size)
                {
                    return Made(
                        graft_interpolate(x.Handle, first, 2, (int)mode, Code(align_corners ?? false), Code(antialias)), x);
                }
            }
        }
    }
}
