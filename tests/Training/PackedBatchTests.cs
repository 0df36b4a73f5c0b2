using Grafting.Core.Text;
using Grafting.Core.Training;

namespace Grafting.Tests.Training;

public class PackedBatchTests
{
    static EncodedChat Chat(int length, int first = 10, int? imageAt = null, params int[] supervised)
    {
        var ids = Enumerable.Range(first, length).ToArray();
        if (imageAt is { } slot) ids[slot] = EncodedChat.ImageSlot;
        var weights = new float[length];
        foreach (var i in supervised) weights[i] = 1;
        return new EncodedChat(ids, weights);
    }

    [Test]
    public void Each_conversation_starts_at_position_0_and_is_its_own_segment()
    {
        var packed = PackedBatch.Pack([Chat(3), Chat(4, 20), Chat(2, 30)], imageTokens: 0, rowLength: 6);
        Assert.Multiple(() =>
        {
            Assert.That((packed.Rows, packed.Length), Is.EqualTo((2, 6)));
            Assert.That(packed.Ids, Is.EqualTo(new long[] { 20, 21, 22, 23, 30, 31, 10, 11, 12, 0, 0, 0 }));
            Assert.That(packed.Positions, Is.EqualTo(new long[] { 0, 1, 2, 3, 0, 1, 0, 1, 2, 0, 0, 0 }));
            Assert.That(packed.Segments, Is.EqualTo(new long[] { 1, 1, 1, 1, 2, 2, 0, 0, 0, -1, -1, -1 }));
            Assert.That(packed.UsedPositions, Is.EqualTo(9));
        });
    }

    [Test]
    public void A_picture_takes_its_positions_in_the_order_of_the_conversations()
    {
        var packed = PackedBatch.Pack([Chat(3, 10, imageAt: 1), Chat(4, 20, imageAt: 0)], imageTokens: 2, rowLength: 1);
        // The longer conversation (5 positions) takes the first row; the first picture still comes first.
        Assert.Multiple(() =>
        {
            Assert.That(packed.Length, Is.EqualTo(5));
            Assert.That(packed.ImagePositions, Is.EqualTo(new long[] { 6, 7, 0, 1 }));
            Assert.That(packed.Ids, Is.EqualTo(new long[] { 0, 0, 21, 22, 23, 10, 0, 0, 12, 0 }));
        });
    }

    [Test]
    public void A_target_is_predicted_from_the_position_before_it()
    {
        var packed = PackedBatch.Pack([Chat(5, 10, imageAt: 1, supervised: [2, 4])], imageTokens: 3, rowLength: 1);
        Assert.Multiple(() =>
        {
            Assert.That(packed.TargetPositions, Is.EqualTo(new long[] { 3, 5 }));
            Assert.That(packed.TargetIds, Is.EqualTo(new long[] { 12, 14 }));
        });
    }

    [Test]
    public void A_supervised_first_token_is_refused() =>
        Assert.Throws<ArgumentException>(() => PackedBatch.Pack([Chat(2, 10, null, 0)], 0, 8));

    [Test]
    public void No_conversation_is_lost_or_split_whatever_the_lengths([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var chats = Enumerable.Range(0, 40).Select(i => Chat(random.Next(1, 30), 1000 * (i + 1))).ToList();
        var packed = PackedBatch.Pack(chats, 0, 64);
        for (var c = 0; c < chats.Count; c++)
        {
            var at = Enumerable.Range(0, packed.Segments.Length).Where(i => packed.Segments[i] == c).ToList();
            Assert.That(at.ConvertAll(i => (int)packed.Ids[i]), Is.EqualTo(chats[c].Ids));
            Assert.That(at[^1] / packed.Length, Is.EqualTo(at[0] / packed.Length), "in one row");
        }
    }
}
