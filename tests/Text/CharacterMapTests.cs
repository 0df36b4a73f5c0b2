using Grafting.Core.Text;

namespace Grafting.Tests.Text;

public class CharacterMapTests
{
    [TestCase("aﬁb", "afib")]
    [TestCase("a\tb\u3000c", "a b c")]
    [TestCase("e\u0301", "é", Description = "a grapheme is looked up as a whole")]
    [TestCase("q\u0301x", "Qx", Description = "its shortest known beginning stands for all of it, as in the original")]
    [TestCase("q\u0301\u0302\u0303x", "Q\u0301\u0302\u0303x", Description = "one of six bytes or more is not, and its characters are "
        + "taken alone")]
    [TestCase("𝐀\u200B!", "A!")]
    [TestCase("nothing", "nothing")]
    [TestCase("\0q", "\0Q")]
    public void Characters_are_replaced(string text, string expected) =>
        Assert.That(Apply(CharacterMaps.Small(), text), Is.EqualTo(expected));

    [Test]
    public void Replacements_know_where_they_came_from()
    {
        var map = CharacterMap.Read(CharacterMaps.Small())!;
        var output = map.Apply(AlignedText.Of("aﬁe\u0301b", 0, 5, tracked: true));
        Assert.That(output.Text, Is.EqualTo("afiéb"));
        Assert.That(
            output.Sources!.Select(source => (source.Start, source.End)), Is.EqualTo(new[] { (0, 1), (1, 2), (1, 2), (2, 4), (4, 5) }));
    }

    [Test]
    public void A_table_with_damaged_bytes_ends_and_stays_inside_itself()
    {
        var whole = CharacterMaps.Small();
        var random = new Random(68);
        for (var i = 0; i < 2_000; i++)
        {
            var damaged = (byte[])whole.Clone();
            for (var count = random.Next(1, 8); count > 0; count--) damaged[random.Next(4, damaged.Length)] = (byte)random.Next(256);
            // What comes out is nonsense; that it comes is the point.
            Assert.That(Apply(damaged, RandomTexts.Next(random)), Is.Not.Null);
        }
        Assert.Multiple(() =>
        {
            Assert.That(CharacterMap.Read([]), Is.Null);
            Assert.That(CharacterMap.Read([3, 0, 0, 0, 1, 2, 3]), Is.Null, "no whole unit");
            Assert.That(CharacterMap.Read([8, 0, 0, 0, 1, 2, 3, 4]), Is.Null, "more units than bytes");
        });
    }

    static string Apply(byte[] map, string text) =>
        CharacterMap.Read(map)!.Apply(AlignedText.Of(text, 0, text.Length, tracked: false)).Text;
}
