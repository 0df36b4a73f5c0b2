using Grafting.Core;
using Grafting.Core.Imaging;
using Grafting.Core.Models;
using Grafting.Core.Reporting.Preview;
using Grafting.Core.Text;
using Grafting.Core.Transfer;
using Grafting.Recipes.Toy;
using Grafting.Tests.Data;
using Grafting.Tests.Support;
using Grafting.Tests.Transfer.Export;

namespace Grafting.Tests.Reporting;

/// <summary>What a preview finds in a file, and how it shows it.</summary>
public sealed class DataPreviewTests
{
    TempFolder folder = null!;

    [SetUp]
    public void Write()
    {
        folder = new();
        Directory.CreateDirectory(folder["model"]);
        ToyTokenizer.Write(folder["model"]);
        folder.Write("blank.png", PngWriter.Encode(new RgbImage(4, 4, [.. Enumerable.Repeat((byte)7, 48)])));
        folder.Write("cut.png", LlavaFiles.Picture[..^20]);
    }

    [TearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void Pictures_of_all_checked_samples_are_read_also_of_those_that_are_not_shown()
    {
        var preview = Of(
            [
                LlavaFiles.Sample("1"), LlavaFiles.Sample("2"), LlavaFiles.Sample("3", "blank.png"), LlavaFiles.Sample("4", "cut.png"),
                LlavaFiles.Sample("5", "blank.png"),
            ],
            shown: 1);
        Assert.Multiple(() =>
        {
            Assert.That(preview.Samples, Has.Count.EqualTo(1));
            Assert.That(preview.Pictures, Is.EqualTo(3), "each once");
            Assert.That(
                preview.Counts,
                Is.EqualTo(
                    new Dictionary<PreviewWarningKind,
                    int>
                    { [PreviewWarningKind.DamagedPicture] = 1, [PreviewWarningKind.BlankPicture] = 2 }));
            Assert.That(preview.Warnings.Select(warning => warning.Sample), Is.EquivalentTo(new[] { "3", "4", "5" }));
        });
    }

    [Test]
    public void What_is_not_asked_for_is_not_looked_at()
    {
        var preview = Of([LlavaFiles.Sample("1"), LlavaFiles.Sample("2", "blank.png")], shown: 0, check: 1);
        Assert.Multiple(() =>
        {
            Assert.That((preview.Checked, preview.Usable, preview.Pictures), Is.EqualTo((1, 2, 1)));
            Assert.That(preview.Counts, Is.Empty);
            Assert.That(PreviewPage.Summary(preview), Does.StartWith("1 of 2 usable samples and 1 pictures checked"));
        });
    }

    [Test]
    public void Shown_samples_have_their_pictures_also_where_two_share_one()
    {
        var preview = Of([LlavaFiles.Sample("1"), LlavaFiles.Sample("2")], shown: 2);
        Assert.That(preview.Samples.Select(sample => sample.Pictures.Count), Is.EqualTo(new[] { 1, 1 }));
        Assert.That(PreviewPage.Render(preview), Does.Contain("data:image/png;base64,").And.Contain("all 2 usable samples"));
    }

    [Test]
    public void What_does_not_fit_is_told()
    {
        var preview = Of([LlavaFiles.Sample("long", answer: string.Concat(Enumerable.Repeat("cat ", 200)))], shown: 1, maxLength: 40);
        Assert.That(preview.Counts.Keys, Is.EqualTo(new[] { PreviewWarningKind.ConversationCut }));
        preview = Of([LlavaFiles.Sample("picture")], shown: 1, maxLength: 40, imageTokens: 60);
        Assert.That(preview.Counts.Keys, Is.EqualTo(new[] { PreviewWarningKind.PictureCut }));
    }

    [Test]
    public void A_trained_encoder_tells_how_many_positions_a_picture_takes()
    {
        using var shop = new ExportShop();
        var path = new FeaturePath(Layer: -2, PostNorm: false, KeepClass: false);
        Assert.Multiple(() =>
        {
            Assert.That(EncoderFiles.PicturePositions(shop.Graft(path).Folder), Is.EqualTo(6), "four patches between two vectors");
            Assert.That(EncoderFiles.PicturePositions(shop.Bundle(path, boundary: false).Folder), Is.EqualTo(4));
            Assert.That(
                Assert.Throws<GraftException>(
                    () => EncoderFiles.PicturePositions(
                        shop.Graft(path, tiles: new Tiling { MaxTiles = 2 }).Folder))!.Remedy, Does.Contain("--image-tokens"));
        });
    }

    /// <summary>Nothing that a data file holds reaches the page as HTML.</summary>
    [Test]
    public void Words_of_the_data_are_escaped()
    {
        var page = PreviewPage.Render(Of([LlavaFiles.Sample("<script>alert(1)</script>", answer: "<script>alert(2)</script>")], shown: 1));
        Assert.That(page, Does.Not.Contain("<script>"));
    }

    DataPreview Of(
        System.Text.Json.Nodes.JsonObject[] samples, int shown, int? check = null, int? maxLength = null,
        int imageTokens = 1) => DataPreview.Of(
        new([LlavaFiles.Write(folder, samples)], null, folder["model"], ChatTemplate.CleanName, shown, check, imageTokens, maxLength));
}
