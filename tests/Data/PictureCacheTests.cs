using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Imaging;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

public class PictureCacheTests
{
    const int Side = 8, SquareBytes = 3 * Side * Side;

    [Test]
    public void Kept_and_newly_read_pictures_are_the_same()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.png", LlavaFiles.Picture);
        var preprocessor = new ImagePreprocessor(PreprocessorConfig.Clip(Side));
        var cache = new PictureCache(preprocessor);
        var first = cache.Load(path);
        File.Delete(path);
        var second = cache.Load(path);
        Assert.Multiple(() =>
        {
            Assert.That(first.Pixels, Is.EqualTo(preprocessor.Process(ImageReader.Decode(LlavaFiles.Picture, "a"))));
            Assert.That(second.Pixels, Is.EqualTo(first.Pixels));
            Assert.That(second.Pixels, Is.Not.SameAs(first.Pixels), "each caller may change its own");
            Assert.That(cache.KeptBytes, Is.EqualTo(SquareBytes));
        });
    }

    [Test]
    public void No_more_is_kept_than_allowed()
    {
        using var folder = new TempFolder();
        var cache = new PictureCache(new ImagePreprocessor(PreprocessorConfig.Clip(Side)), maxBytes: 3 * SquareBytes);
        Parallel.For(0, 40, i => cache.Load(folder.Write($"{i}.png", LlavaFiles.Picture)));
        Assert.That(cache.KeptBytes, Is.EqualTo(3 * SquareBytes));
    }

    [Test]
    public void An_unreadable_picture_is_named()
    {
        using var folder = new TempFolder();
        var path = folder.Write("page.jpg", "<html>404</html>");
        var error = Assert.Throws<GraftException>(() => new PictureCache(new ImagePreprocessor(PreprocessorConfig.Clip(Side))).Load(path))!;
        Assert.That(error.Message, Does.Contain("page.jpg").And.Contain("HTML"));
    }
}
