using Grafting.Core;
using Grafting.Core.Data;
using Grafting.Core.Text;
using Grafting.Recipes;
using Grafting.Tests.Support;

namespace Grafting.Tests.Data;

/// <summary>Texts for a language model: formats, pieces, draws.</summary>
public class TextCorpusTests
{
    static readonly string s_toy = TargetResolver.Resolve("toy").RequireFolder();
    static readonly Tokenizer s_tokenizer = Tokenizer.Load(s_toy);
    static readonly ChatTemplate s_template = ChatTemplate.For(s_tokenizer, s_toy);

    static TextCorpus Load(TempFolder folder, string name, string text, TextSelection? selection = null) =>
        TextCorpus.Load([folder.Write(name, text)], s_tokenizer, s_template, selection ?? new TextSelection());

    [Test]
    public void Paragraphs_of_a_plain_text_are_passages()
    {
        using var folder = new TempFolder();
        var corpus = Load(folder, "t.txt", "Is there\na redcircle\n\n  \n\nyes\n");
        Assert.Multiple(() =>
        {
            Assert.That(corpus.Passages.Select(p => p.Id), Is.EqualTo(new[] { "line 1", "line 6" }));
            Assert.That(corpus.Passages[0].Ids, Is.EqualTo(s_tokenizer.Encode("Is there\na redcircle")));
            Assert.That(corpus.Tokens, Is.EqualTo(corpus.Passages.Sum(p => p.Ids.Length)));
            Assert.That(corpus.Fingerprint, Has.Length.EqualTo(64));
        });
    }

    [Test]
    public void Records_are_texts_or_conversations_and_descriptions_stand_for_pictures()
    {
        using var folder = new TempFolder();
        const string turns = """[{"from":"human","value":"<image>\nIs there a redcircle"},{"from":"gpt","value":"yes"}]""";
        var corpus = Load(folder, "t.jsonl", $$"""
            {"text":"yes no"}
            {"id":"a","conversations":[{"from":"human","value":"Is there"},{"from":"gpt","value":"no"}]}
            {"id":"b","image":"x.png","description":"A redcircle","conversations":{{turns}}}
            {"id":"c","image":"x.png","conversations":{{turns}}}
            """);
        Assert.Multiple(() =>
        {
            Assert.That(corpus.Passages, Has.Count.EqualTo(3));
            Assert.That(corpus.Pictured, Is.EqualTo(1));
            Assert.That(
                s_tokenizer.Decode(corpus.Passages[2].Ids, skipSpecialTokens: true),
                Does.Contain("A redcircle\nIs there a redcircle").And.Contain("yes").And.Not.Contain("<image>"));
            Assert.That(
                corpus.Passages[1].Ids,
                Is.EqualTo(s_template.Encode(s_tokenizer, [new(Role.User, "Is there"), new(Role.Assistant, "no")], new LabelPolicy()).Ids));
        });
    }

    [Test]
    public void Several_files_and_patterns_are_read_one_after_another()
    {
        using var folder = new TempFolder();
        string[] files =
        [
            folder.Write("b.txt", "yes no yes"), folder.Write("a-1.jsonl", "{\"text\":\"no no\"}"), folder.Write("a-2.txt", "yes yes yes"),
        ];
        TextCorpus Of(params string[] paths) => TextCorpus.Load(paths, s_tokenizer, s_template, new TextSelection());
        var all = Of(files[0], folder["a-*"]);
        Assert.Multiple(() =>
        {
            Assert.That(
                all.Passages.Select(passage => passage.Ids),
                Is.EqualTo(files.SelectMany(file => Of(file).Passages.Select(passage => passage.Ids))));
            Assert.That(all.Path, Is.EqualTo($"{files[0]} and 2 more"));
            Assert.That(files.Select(file => Of(file).Fingerprint).Append(all.Fingerprint), Is.Unique);
            Assert.That(Assert.Throws<GraftException>(() => Of(files[0], folder["c-*"]))!.Message, Does.Contain("nothing has such a name"));
        });
    }

    [Test]
    public void A_long_text_goes_on_in_pieces_that_begin_as_it_does()
    {
        using var folder = new TempFolder();
        var text = string.Join(' ', Enumerable.Repeat("yes no", 20));
        var whole = s_tokenizer.Encode(text);
        var corpus = Load(folder, "t.txt", text, new TextSelection(MaxLength: 8));
        Assert.Multiple(() =>
        {
            Assert.That(corpus.Passages, Has.All.Matches<Passage>(p => p.Ids.Length <= 8 && p.Ids[0] == s_tokenizer.BeginId));
            Assert.That(corpus.Passages.SelectMany(p => p.Ids.Skip(1)), Is.EqualTo(whole.Skip(1)));
            Assert.That(corpus.Passages[1].Id, Is.EqualTo("line 1, part 2"));
        });
    }

    [Test]
    public void A_draw_depends_on_the_seed_alone()
    {
        using var folder = new TempFolder();
        var text = string.Join("\n\n", Enumerable.Range(0, 50).Select(i => $"yes {i}"));
        string[] Draw(ulong seed) => [.. Load(folder, "t.txt", text, new TextSelection(10, Seed: seed)).Passages.Select(p => p.Id)];
        var (first, again) = (Draw(1), Draw(1));
        Assert.That(first, Has.Length.EqualTo(10).And.EqualTo(again).And.Not.EqualTo(Draw(2)).And.Unique);
    }

    [TestCase("t.txt", "\n \n", "holds no text")]
    [TestCase("t.csv", "a,b", "not from '.CSV'")]
    [TestCase("t.jsonl", "{\"text\":\"yes no\"}\n{\"text\":3}", "line 2: \"text\" is a JSON Number")]
    [TestCase("t.jsonl", "{\"text\":\"\\ud800\"}", "line 1: \"text\" is not valid Unicode")]
    [TestCase("t.json", "[{\"id\":1}]", "line 1: has no list 'conversations'")]
    [TestCase("t.json", "[{\"text\":\"yes no\"}", "not valid JSON")]
    public void What_cannot_be_read_is_named(string name, string text, string because)
    {
        using var folder = new TempFolder();
        Assert.That(
            () => Load(folder, name, text),
            Throws.TypeOf<GraftException>().With.Property(nameof(GraftException.Kind)).EqualTo(ErrorKind.Input)
                .And.Message.Contains(because).And.Message.Contains(folder[name]));
    }
}
