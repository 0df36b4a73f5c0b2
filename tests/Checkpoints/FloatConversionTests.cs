using Grafting.Core.Checkpoints;

namespace Grafting.Tests.Checkpoints;

public class FloatConversionTests
{
    [Test]
    public void Every_bf16_pattern_survives_widening_and_narrowing()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var value = FloatConversion.BF16ToF32((ushort)bits);
            if (FloatConversion.F32ToBF16(value) != bits) Assert.Fail($"{bits:X4} became {FloatConversion.F32ToBF16(value):X4}");
        }
    }

    [Test]
    public void Every_f16_pattern_survives_and_equals_the_class_library()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var value = FloatConversion.F16ToF32((ushort)bits);
            if (FloatConversion.F32ToF16(value) != bits) Assert.Fail($"{bits:X4} became {FloatConversion.F32ToF16(value):X4}");
            var expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            if (!float.IsNaN(value) && BitConverter.SingleToInt32Bits(value) != BitConverter.SingleToInt32Bits(expected))
                Assert.Fail($"{bits:X4} is {value}, expected {expected}");
            if (float.IsNaN(value) != float.IsNaN(expected)) Assert.Fail($"{bits:X4} is {value}, expected {expected}");
        }
    }

    [Test]
    public void F16_rounds_to_nearest_even_at_and_around_every_midpoint()
    {
        for (var bits = 0; bits < 0x7C00; bits++)
        {
            // For the last finite value, the next step would be 65536.
            var low = (double)FloatConversion.F16ToF32((ushort)bits);
            var high = bits == 0x7BFF ? 65_536.0 : FloatConversion.F16ToF32((ushort)(bits + 1));
            var middle = (float)((low + high) / 2);
            foreach (var value in new[] { float.BitDecrement(middle), middle, float.BitIncrement(middle) })
            {
                var expected = BitConverter.HalfToUInt16Bits((Half)value);
                if (FloatConversion.F32ToF16(value) != expected)
                    Assert.Fail($"{value:R}: {FloatConversion.F32ToF16(value):X4}, expected {expected:X4}");
                if (FloatConversion.F32ToF16(-value) != (expected | 0x8000)) Assert.Fail($"{-value:R} lost its sign");
            }
        }
    }

    [Test]
    public void Bf16_rounds_to_nearest_even_at_and_around_every_midpoint()
    {
        for (var bits = 0; bits < 0x7F80; bits++)
        {
            var middle = BitConverter.Int32BitsToSingle((bits << 16) | 0x8000);
            var even = (bits & 1) == 0 ? bits : bits + 1;
            Assert.Multiple(() =>
            {
                if (FloatConversion.F32ToBF16(middle) != even) Assert.Fail($"{middle:R} is not rounded to even");
                if (FloatConversion.F32ToBF16(float.BitDecrement(middle)) != bits) Assert.Fail($"below {middle:R} is not rounded down");
                if (FloatConversion.F32ToBF16(float.BitIncrement(middle)) != bits + 1) Assert.Fail($"above {middle:R} is not rounded up");
            });
        }
    }

    [Test]
    public void A_nan_never_becomes_infinity()
    {
        for (var bit = 0; bit < 23; bit++)
        {
            var nan = BitConverter.Int32BitsToSingle(0x7F80_0000 | (1 << bit));
            Assert.Multiple(() =>
            {
                Assert.That(FloatConversion.BF16ToF32(FloatConversion.F32ToBF16(nan)), Is.NaN);
                Assert.That(FloatConversion.F16ToF32(FloatConversion.F32ToF16(nan)), Is.NaN);
            });
        }
    }

    [TestCase(TensorType.F64)]
    [TestCase(TensorType.F32)]
    [TestCase(TensorType.F16)]
    [TestCase(TensorType.BF16)]
    public void Stored_bytes_of_every_float_type_come_back(TensorType type)
    {
        float[] values = [0, -0f, 1, -2.5f, 0.125f, float.PositiveInfinity];
        var bytes = new byte[values.Length * type.ByteSize()];
        FloatConversion.FromFloats(type, values, bytes);
        var back = new float[values.Length];
        FloatConversion.ToFloats(type, bytes, back);
        Assert.That(back.Select(BitConverter.SingleToInt32Bits), Is.EqualTo(values.Select(BitConverter.SingleToInt32Bits)));
    }
}
