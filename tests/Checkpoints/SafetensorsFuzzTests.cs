using System.Buffers.Binary;
using System.Text;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

/// <summary>
/// Seeded mutations of well-formed files. Each is refused with our error, or read, and then writing and reading it again gives the
/// same tensors. <c>GRAFT_FUZZ</c> sets the number of inputs.
/// </summary>
public class SafetensorsFuzzTests
{
    static readonly int Inputs = int.Parse(
        Environment.GetEnvironmentVariable("GRAFT_FUZZ") ?? "2000", System.Globalization.CultureInfo.InvariantCulture);

    [Test]
    public void Every_mutation_is_refused_or_round_trips()
    {
        using var folder = new TempFolder();
        var random = new Random(20_240_501);
        var corpus = Corpus();
        var read = 0;
        for (var input = 0; input < Inputs; input++)
        {
            var bytes = Mutate((byte[])corpus[random.Next(corpus.Count)].Clone(), corpus, random);
            try
            {
                if (Check(folder, bytes)) read++;
            }
            catch (Exception error) when (error is not ResultStateException)
            {
                Assert.Fail($"input {input}, {Convert.ToHexString(bytes)}: {error}");
            }
        }
        // Both outcomes must occur, or the mutations are too tame or too wild to test anything.
        Assert.That(read, Is.InRange(Inputs / 50, Inputs * 3 / 4));
    }

    static bool Check(TempFolder folder, byte[] bytes)
    {
        var path = folder.Write("a.safetensors", bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = Environment.CpuUsage.TotalTime;
        SafetensorsFile file;
        try
        {
            file = SafetensorsFile.Open(path);
        }
        catch (GraftException fault) when (fault.Kind == ErrorKind.Input)
        {
            return false;
        }
        finally
        {
            if (GC.GetAllocatedBytesForCurrentThread() - before > bytes.Length + (16 << 20)) Assert.Fail("allocates too much");
            if (Environment.CpuUsage.TotalTime - start > TimeSpan.FromSeconds(1)) Assert.Fail("takes too long");
        }
        using (file)
        {
            SafetensorsWriter.Write(
                folder["b.safetensors"], file.Tensors.Values.Select(e => TensorSource.FromFile(new StoredTensor(e, file))), file.Metadata);
            using var again = SafetensorsFile.Open(folder["b.safetensors"]);
            AssertSame(file, again);
        }
        return true;
    }

    static void AssertSame(SafetensorsFile a, SafetensorsFile b)
    {
        Assert.That(b.Metadata, Is.EquivalentTo(a.Metadata));
        Assert.That(b.Tensors, Has.Count.EqualTo(a.Tensors.Count));
        foreach (var entry in a.Tensors.Values)
        {
            var other = b.Entry(entry.Name);
            Assert.That((other.Type, other.Shape), Is.EqualTo((entry.Type, entry.Shape)));
            var (x, y) = (new byte[entry.ByteCount], new byte[entry.ByteCount]);
            a.Read(entry, x);
            b.Read(other, y);
            Assert.That(y, Is.EqualTo(x));
        }
    }

    static byte[] Mutate(byte[] bytes, List<byte[]> corpus, Random random)
    {
        for (var rounds = random.Next(1, 4); rounds > 0; rounds--)
        {
            bytes = random.Next(8) switch
            {
                0 => FlipBit(bytes, random),
                1 => Truncated(bytes, random),
                2 => EditLength(bytes, random),
                3 => EditNumber(bytes, random),
                4 => RepeatSpan(bytes, random),
                5 => Splice(bytes, corpus[random.Next(corpus.Count)], random),
                6 => Insert(bytes, random),
                _ => FlipDataBit(bytes, random),
            };
        }
        return bytes;
    }

    static byte[] FlipBit(byte[] bytes, Random random)
    {
        if (bytes.Length > 0) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        return bytes;
    }

    static byte[] FlipDataBit(byte[] bytes, Random random)
    {
        if (bytes.Length > 0) bytes[^(1 + random.Next(Math.Min(4, bytes.Length)))] ^= (byte)(1 << random.Next(8));
        return bytes;
    }

    static byte[] Truncated(byte[] bytes, Random random) => bytes[..random.Next(bytes.Length + 1)];

    static byte[] EditLength(byte[] bytes, Random random)
    {
        if (bytes.Length < 8) return bytes;
        var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong[] lengths =
        [
            length + 1, length - 1, 0, (ulong)bytes.Length, (ulong)bytes.Length - 8, ulong.MaxValue - 7, 1ul << random.Next(64),
        ];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, lengths[random.Next(lengths.Length)]);
        return bytes;
    }

    /// <summary>Replaces one digit in the header, or the digit run that it begins.</summary>
    static byte[] EditNumber(byte[] bytes, Random random)
    {
        var digits = Enumerable.Range(0, bytes.Length).Skip(8).Where(i => bytes[i] is >= (byte)'0' and <= (byte)'9').ToArray();
        if (digits.Length == 0) return bytes;
        var at = digits[random.Next(digits.Length)];
        string[] numbers = ["0", "1", "2", "4", "8", "-1", "1e3", "1.0", "00", "9007199254740993", "18446744073709551616", "4294967296"];
        return [.. bytes[..at], .. Encoding.ASCII.GetBytes(numbers[random.Next(numbers.Length)]), .. bytes[(at + 1)..]];
    }

    /// <summary>Doubles a piece, so that keys, brackets and commas appear twice.</summary>
    static byte[] RepeatSpan(byte[] bytes, Random random)
    {
        var from = random.Next(bytes.Length + 1);
        var to = random.Next(from, bytes.Length + 1);
        return WithLength([.. bytes[..to], .. bytes[from..to], .. bytes[to..]], bytes, to - from);
    }

    static byte[] Splice(byte[] bytes, byte[] other, Random random) =>
        [.. bytes[..random.Next(bytes.Length + 1)], .. other[random.Next(other.Length + 1)..]];

    static byte[] Insert(byte[] bytes, Random random)
    {
        string[] pieces =
        [
            " ", "\n", "\0", "{", "}", "[", "]", ",", ":", "\"", "\\u0061", "\\ud800", "null", "\uFEFF", "é", "\"dtype\":\"F32\",",
            "\"x\":1,",
        ];
        var piece = Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)]);
        var at = random.Next(Math.Min(8, bytes.Length), bytes.Length + 1);
        return WithLength([.. bytes[..at], .. piece, .. bytes[at..]], bytes, piece.Length);
    }

    /// <summary>Makes the length prefix fit again, so that the parser sees what was inserted.</summary>
    static byte[] WithLength(byte[] bytes, byte[] original, int added)
    {
        if (original.Length >= 8 && bytes.Length >= 8)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, BinaryPrimitives.ReadUInt64LittleEndian(original) + (ulong)added);
        return bytes;
    }

    static List<byte[]> Corpus()
    {
        using var folder = new TempFolder();
        var random = new Random(7);
        var types = Enum.GetValues<TensorType>();
        var corpus = new List<byte[]>();
        for (var i = 0; i < 30; i++)
        {
            var tensors = Enumerable.Range(0, i % 6).Select(t =>
            {
                long[] shape = [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(4))];
                var type = types[random.Next(types.Length)];
                var bytes = new byte[shape.Aggregate(type.ByteSize(), (n, size) => n * (int)size)];
                random.NextBytes(bytes);
                return TensorSource.FromBytes($"layer.{t}.é{random.Next(100)}", type, shape, bytes);
            });
            var metadata = i % 3 == 0 ? new Dictionary<string, string> { ["format"] = "pt", ["n"] = $"{i}" } : null;
            SafetensorsWriter.Write(folder["a.safetensors"], tensors.ToArray(), metadata);
            corpus.Add(File.ReadAllBytes(folder["a.safetensors"]));
        }
        return corpus;
    }
}
