using System.Globalization;
using System.Text;
using Grafting.Core;
using Grafting.Core.Checkpoints;
using Grafting.Tests.Support;

namespace Grafting.Tests.Checkpoints;

/// <summary>One hand-made file per way in which a header can be wrong.</summary>
public class SafetensorsHeaderTests
{
    const string One = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";

    static string Entry(string name, string dtype, string shape, long begin, long end) =>
        $$"""
        "{{name}}":{"dtype":"{{dtype}}","shape":[{{shape}}],"data_offsets":[{{begin}},{{end}}]}
        """;

    static void Accepts(byte[] bytes, Action<SafetensorsFile>? check = null)
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("a.safetensors", bytes));
        check?.Invoke(file);
    }

    static void Refuses(byte[] bytes, string because)
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.safetensors", bytes);
        var fault = Assert.Throws<GraftException>(() => SafetensorsFile.Open(path).Dispose())!;
        Assert.Multiple(() =>
        {
            Assert.That(fault.Kind, Is.EqualTo(ErrorKind.Input));
            Assert.That(fault.Message, Does.StartWith(path).And.Contain(because));
        });
    }

    [Test]
    public void A_file_shorter_than_its_length_prefix_is_refused([Range(0, 7)] int length) =>
        Refuses(new byte[length], length == 0 ? "is empty" : $"has {length} bytes");

    [TestCase(100_000_001ul, "claims a header of 100000001 bytes (byte 0); the limit is 100000000")]
    [TestCase((ulong)int.MaxValue + 1, "claims a header")]
    [TestCase(1ul << 63, "claims a header of 9223372036854775808")]
    [TestCase(ulong.MaxValue, "claims a header")]
    [TestCase(60ul, "claims a header of 60 bytes (byte 0), but has only 2 more")]
    public void A_header_length_that_cannot_be_is_refused_before_anything_is_allocated(ulong length, string because)
    {
        byte[] bytes = [.. Bytes.Prefix(length), .. "{}"u8];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refuses(bytes, because);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void A_header_that_is_not_utf8_is_refused_with_the_byte() =>
        Refuses(Bytes.File([.. "{\"a"u8, 0xC3, 0x28, .. "\":{}}"u8]), "not UTF-8 (byte 11)");

    [TestCase("", "empty")]
    [TestCase("[]", "is a JSON array, expected an object")]
    [TestCase("3", "is a JSON number")]
    [TestCase("null", "is a JSON null")]
    [TestCase("{", "not valid JSON")]
    [TestCase("{}x", "not valid JSON")]
    [TestCase("{}{}", "not valid JSON")]
    [TestCase("{} //", "not valid JSON")]
    [TestCase("{'a':1}", "not valid JSON")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],}}""", "not valid JSON in the entry of \"a\"")]
    public void A_header_that_is_not_one_json_object_is_refused(string header, string because) => Refuses(Bytes.File(header), because);

    [TestCase(" ")]
    [TestCase("\t")]
    [TestCase("\n")]
    [TestCase("\r \n")]
    public void Blanks_in_front_are_read_and_reported(string blanks) =>
        Accepts(Bytes.File(blanks + One, 4), file => Assert.That(file.Warnings, Has.One.Contains("begins with blanks")));

    [TestCase("\uFEFF")]
    [TestCase("\0")]
    [TestCase("\u00A0")]
    public void Anything_else_in_front_is_refused(string front) => Refuses(Bytes.File(front + One, 4), "not valid JSON");

    [TestCase("   ")]
    [TestCase("\t\n\r ")]
    public void Blanks_behind_are_read(string blanks) =>
        Accepts(Bytes.File(One + blanks, 4), file => Assert.That(file.Warnings, Is.Empty));

    [TestCase("\0")]
    [TestCase(" \0\0")]
    [TestCase("\u3000")]
    public void Anything_else_behind_is_refused(string behind) => Refuses(Bytes.File(One + behind, 4), "not valid JSON");

    [Test]
    public void The_file_that_two_parsers_read_differently_is_refused() => Refuses(
        Bytes.File("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4),
        "the key \"a\" appears twice (byte 61)");

    [Test]
    public void A_name_given_twice_in_different_spelling_is_refused() => Refuses(
        Bytes.File("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}""", 4),
        "the key \"a\" appears twice");

    [TestCase("""{"dtype":"U8","dtype":"I8","shape":[4],"data_offsets":[0,4]}""", "the key \"dtype\" appears twice in the entry of \"a\"")]
    [TestCase("""{"dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4]}""", "the key \"shape\" appears twice")]
    [TestCase("""{"dtype":"U8","shape":[4],"data_offsets":[0,4],"data_offsets":[0,4]}""", "the key \"data_offsets\" appears twice")]
    [TestCase("""{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":1,"x":2}""", "the key \"x\" appears twice")]
    [TestCase("""{"shape":[4],"data_offsets":[0,4]}""", "the entry of \"a\" has no dtype")]
    [TestCase("""{"dtype":"U8","data_offsets":[0,4]}""", "the entry of \"a\" has no shape")]
    [TestCase("""{"dtype":"U8","shape":[4]}""", "the entry of \"a\" has no data_offsets")]
    [TestCase("[]", "the entry of \"a\" is a JSON array")]
    [TestCase("null", "the entry of \"a\" is a JSON null")]
    [TestCase("""{"dtype":7,"shape":[4],"data_offsets":[0,4]}""", "dtype of \"a\" is a JSON number")]
    [TestCase("""{"dtype":"u8","shape":[4],"data_offsets":[0,4]}""", "dtype \"u8\" of \"a\" is not supported; known are F64")]
    [TestCase("""{"dtype":"F4","shape":[8],"data_offsets":[0,4]}""", "dtype \"F4\"")]
    [TestCase("""{"dtype":"F6_E2M3","shape":[5],"data_offsets":[0,4]}""", "dtype \"F6_E2M3\"")]
    [TestCase("""{"dtype":"U8","shape":4,"data_offsets":[0,4]}""", "shape of \"a\" is a JSON number, expected an array")]
    [TestCase("""{"dtype":"U8","shape":[4],"data_offsets":[0]}""", "data_offsets of \"a\" has 1 numbers, expected 2")]
    [TestCase("""{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}""", "data_offsets of \"a\" has more than 2 numbers")]
    [TestCase("""{"dtype":"U8","shape":[4],"data_offsets":[4,0]}""", "run backwards: [4, 0]")]
    [TestCase("""{"dtype":"U8","shape":[4],"data_offsets":[0,400]}""", "span 400")]
    [TestCase("""{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}""", "shape of \"a\" holds a JSON string")]
    [TestCase("""{"dtype":"U8","shape":[null],"data_offsets":[0,4]}""", "shape of \"a\" holds a JSON null")]
    [TestCase("""{"dtype":"U8","shape":[4e0],"data_offsets":[0,4]}""", "holds \"4e0\", expected a whole number")]
    [TestCase("""{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}""", "holds \"4.0\"")]
    [TestCase("""{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}""", "holds \"-4\"")]
    [TestCase("""{"dtype":"U8","shape":[4],"data_offsets":[-0,4]}""", "holds \"-0\"")]
    [TestCase("""{"dtype":"U8","shape":[04],"data_offsets":[0,4]}""", "not valid JSON in the entry of \"a\"")]
    [TestCase("""{"dtype":"U8","shape":[9007199254740993,0],"data_offsets":[0,4]}""", "holds \"9007199254740993\"")]
    [TestCase("""{"dtype":"U8","shape":[99999999999999999999999999,0],"data_offsets":[0,4]}""", "expected a whole number")]
    [TestCase("""{"dtype":"U8","shape":[4194305,4194305,211106198978564],"data_offsets":[0,4]}""", "overflows 63 bits")]
    [TestCase("""{"dtype":"F32","shape":[4611686018427387],"data_offsets":[0,4]}""", "needs 18446744073709548 bytes")]
    [TestCase("""{"dtype":"F64","shape":[2147483648,2147483648],"data_offsets":[0,4]}""", "overflows 63 bits")]
    [TestCase("""{"dtype":"F32","shape":[4],"data_offsets":[0,4]}""", "\"a\" F32 [4] needs 16 bytes, but data_offsets [0, 4] span 4")]
    [TestCase("""{"dtype":"U8","shape":[3],"data_offsets":[0,4]}""", "needs 3 bytes")]
    [TestCase("""{"dtype":"U8","shape":[4],"data_offsets":[0,4],"deep":{"er":[[1]]}}""", "not valid JSON in the entry of \"a\"")]
    public void An_entry_that_is_wrong_is_refused_and_named(string entry, string because) =>
        Refuses(Bytes.File($$"""{"a":{{entry}}}""", 4), because);

    [Test]
    public void An_unknown_key_in_an_entry_is_reported() => Accepts(
        Bytes.File("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"stride":[1]}}""", 4),
        file => Assert.That(file.Warnings, Has.One.Contains("unknown key \"stride\" in the entry of \"a\"")));

    [Test]
    public void Overlapping_tensors_are_refused() => Refuses(
        Bytes.File($"{{{Entry("a", "U8", "4", 0, 4)},{Entry("b", "U8", "4", 2, 6)}}}", 6),
        "\"b\" starts at byte 2 of the data section and overlaps \"a\"");

    [Test]
    public void Two_tensors_on_the_same_bytes_are_refused() =>
        Refuses(Bytes.File($"{{{Entry("a", "U8", "4", 0, 4)},{Entry("b", "U8", "4", 0, 4)}}}", 4), "overlaps");

    [Test]
    public void A_hole_between_tensors_is_refused() => Refuses(
        Bytes.File($"{{{Entry("a", "U8", "4", 0, 4)},{Entry("b", "U8", "4", 8, 12)}}}", 12), "leaves a hole after \"a\", which ends at 4");

    [Test]
    public void Data_that_does_not_begin_at_zero_is_refused() =>
        Refuses(Bytes.File($"{{{Entry("a", "U8", "4", 4, 8)}}}", 8), "leaves a hole after its start");

    [Test]
    public void Bytes_behind_the_last_tensor_are_refused() => Refuses(Bytes.File(One, 5), "1 bytes behind the last tensor");

    [Test]
    public void Bytes_in_a_file_without_tensors_are_refused() => Refuses(Bytes.File("{}", 5), "5 bytes behind the last tensor");

    [Test]
    public void Tensors_beyond_the_end_are_refused_as_a_truncated_file() =>
        Refuses(
            Bytes.File(One, 3),
            "\"a\" ends at byte 4 of the data section, but the file has only 3 bytes there; it is truncated by 1 bytes");

    [Test]
    public void A_tensor_without_elements_may_share_an_offset() => Accepts(
        Bytes.File($"{{{Entry("full", "U8", "4", 0, 4)},{Entry("first", "U8", "0", 0, 0)},{Entry("last", "F32", "2,0", 4, 4)}}}", 4),
        file => Assert.That(file.Tensors.Keys, Is.EqualTo(new[] { "first", "full", "last" })));

    [Test]
    public void A_tensor_without_elements_in_the_middle_of_another_is_refused() =>
        Refuses(Bytes.File($"{{{Entry("full", "U8", "8", 0, 8)},{Entry("none", "U8", "0", 4, 4)}}}", 8), "\"none\" starts at byte 4");

    [TestCase("1", "is a JSON number, expected an object")]
    [TestCase("null", "is a JSON null, expected an object")]
    [TestCase("""{"a":1}""", "\"a\" in __metadata__ is a JSON number, expected a string")]
    [TestCase("""{"a":null}""", "expected a string")]
    [TestCase("""{"a":["b"]}""", "is a JSON array, expected a string")]
    [TestCase("""{"a":"b","a":"b"}""", "the key \"a\" appears twice")]
    public void Metadata_that_is_not_text_is_refused(string metadata, string because) =>
        Refuses(Bytes.File($$"""{"__metadata__":{{metadata}}}"""), because);

    [Test]
    public void Metadata_given_twice_is_refused() =>
        Refuses(Bytes.File("""{"__metadata__":{"a":"b"},"__metadata__":{}}"""), "the key \"__metadata__\" appears twice");

    [TestCase("""\ud800""", "half of a surrogate pair")]
    [TestCase("""\udc00\ud800""", "half of a surrogate pair")]
    public void A_name_with_half_of_a_surrogate_pair_is_refused(string name, string because) =>
        Refuses(Bytes.File($"{{{Entry(name, "U8", "4", 0, 4)}}}", 4), because);

    [Test]
    public void A_key_in_an_entry_with_half_of_a_surrogate_pair_is_refused() => Refuses(
        Bytes.File("""{"a":{"dtype":"U8","shape":[4],"data_\ud800offsets":[0,4]}}""", 4), "a key of \"a\" holds half of a surrogate pair");

    [Test]
    public void Escaped_keys_in_an_entry_are_the_same_keys() => Refuses(
        Bytes.File("""{"a":{"dtype":"U8","shape":[4],"sh\u0061pe":[4],"data_offsets":[0,4]}}""", 4), "the key \"shape\" appears twice");

    [Test]
    public void Odd_names_are_read_and_shown_harmlessly()
    {
        const string Name = "a\0\u001b[31m\u202eb\U0001F600";
        Accepts(Bytes.File($"{{{Entry("""a\u0000\u001b[31m\u202eb\ud83d\ude00""", "U8", "4", 0, 4)}}}", 4), file =>
        {
            Assert.That(file.Tensors.Keys, Is.EqualTo(new[] { Name }));
            Assert.That(file.Entry(Name).ToString(), Is.EqualTo("""
                "a\u0000\u001B[31m\u202Eb😀" U8 [4]
                """));
        });
    }

    [Test]
    public void A_very_long_name_is_cut_in_messages() =>
        Refuses(Bytes.File($"{{{Entry(new string('x', 5_000), "U8", "3", 0, 4)}}}", 4), "xxx…\" (5000 characters)");

    [Test]
    public void Deep_nesting_is_refused() =>
        Refuses(Bytes.File("{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}"), "is a JSON array");

    [Test]
    public void Fifty_megabytes_of_blanks_take_less_than_two_seconds()
    {
        var header = new byte[50_000_000];
        header.AsSpan().Fill((byte)' ');
        "{}"u8.CopyTo(header.AsSpan(header.Length / 2));
        // Processor time: the clock on the wall also counts what other programs do.
        var before = Environment.CpuUsage.TotalTime;
        Accepts(Bytes.File(header));
        Assert.That(Environment.CpuUsage.TotalTime - before, Is.LessThan(TimeSpan.FromSeconds(2)));
    }

    [Test]
    public void A_million_tensors_are_read_and_one_more_is_refused()
    {
        byte[] Many(int count)
        {
            var header = new StringBuilder("{");
            for (var i = 0; i < count; i++)
                header.Append(
                    CultureInfo.InvariantCulture,
                    $"{(i == 0 ? "" : ",")}\"{i}\":{{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[{i},{i + 1}]}}");
            return Bytes.File(header.Append('}').ToString(), count);
        }
        using var folder = new TempFolder();
        var path = folder.Write("a.safetensors", Many(1_000_000));
        var before = GC.GetAllocatedBytesForCurrentThread();
        using (var file = SafetensorsFile.Open(path)) Assert.That(file.Tensors, Has.Count.EqualTo(1_000_000));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(350 << 20), "about 300 bytes per tensor, header included");
        Refuses(Many(1_000_001), "more than 1,000,000 tensors");
    }

    [Test]
    public void A_rank_that_no_library_handles_is_refused() =>
        Refuses(Bytes.File($"{{{Entry("a", "U8", string.Join(',', Enumerable.Repeat(1, 65)), 0, 1)}}}", 1), "more than 64 numbers");
}
