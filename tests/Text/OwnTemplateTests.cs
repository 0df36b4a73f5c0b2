using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core;
using Grafting.Core.Text;
using Grafting.Tests.Support;

namespace Grafting.Tests.Text;

/// <summary>Labels, pictures and special tokens of templates that models bring along.</summary>
public class OwnTemplateTests
{
    static readonly string[] s_special =
    [
        "<s>", "</s>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>",
        "<start_of_turn>", "<end_of_turn>", "[INST]",
        "[/INST]", "<|image|>", "<|image_pad|>", "<|vision_start|>", "<|vision_end|>", "<image>", "<bos>",
    ];

    static readonly Turn[] s_turns =
    [
        new(Role.User, "Hi?"), new(Role.Assistant, "Hello."), new(Role.User, "And?"), new(Role.Assistant, "Bye."),
    ];

    const string ChatMl = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor "
        + "%}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    const string Gemma =
        "{{ bos_token }}{% for m in messages %}{% set role = 'model' if m.role == 'assistant' else m.role %}{{ '<start_of_turn>' ~ role ~ "
            + "'\n' ~ m.content | trim ~ '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% "
            + "endif %}";

    /// <summary>As the processor of LLaVA 1.5 writes: pictures first, no end token, answers marked.</summary>
    const string Llava = """
        {% for m in messages %}{% if m['role'] != 'system' %}{{ m['role'].upper() + ': ' }}{% endif %}{% for part in m['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}{% if m['role'] != 'assistant' %}{% for part in m['content'] | selectattr('type', 'equalto', 'text') %}{{ part['text'] + ' ' }}{% endfor %}{% else %}{% for part in m['content'] | selectattr('type', 'equalto', 'text') %}{% generation %}{{ part['text'] + ' ' }}{% endgeneration %}{% endfor %}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}
        """;

    [TestCase("meta-llama/Llama-3.1-8B-Instruct", "Hello.<|eot_id|>", "Bye.<|eot_id|>")]
    [TestCase("meta-llama/Llama-3.2-11B-Vision-Instruct", "Hello.<|eot_id|>", "Bye.<|eot_id|>")]
    [TestCase("Qwen/Qwen2.5-VL-7B-Instruct", "Hello.<|im_end|>", "Bye.<|im_end|>")]
    [TestCase("Qwen/Qwen1.5-72B-Chat", "Hello.<|im_end|>", "Bye.", Description = "this one ends an answer only where another turn follows")]
    [TestCase("Qwen/Qwen3.5-4B", "Hello.<|im_end|>", "\n</think>\n\nBye.<|im_end|>", Description = "its prompt opens the thoughts, which "
        + "the answer has to close")]
    [TestCase("mistralai/Mistral-7B-Instruct-v0.3 (JSON Schema)", " Hello. </s>", " Bye. </s>")]
    [TestCase("HuggingFaceH4/zephyr-7b-gemma-v0.1", "Hello.<|im_end|>", "Bye.<|im_end|>")]
    public void The_labels_of_a_real_template_are_the_answers_with_their_ends(string name, params string[] expected)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Shared.Real("chat-templates/templates.json")));
        var text = file.RootElement.EnumerateArray().First(
            item => item.GetProperty("name").GetString() == name).GetProperty("chat_template").GetString()!;
        Assert.That(Labels(text), Is.EqualTo(expected));
    }

    [TestCase(ChatMl, "Hello.<|im_end|>", "Bye.<|im_end|>")]
    [TestCase(Gemma, "Hello.<end_of_turn>", "Bye.<end_of_turn>")]
    [TestCase(Llava, "Hello. ", "Bye. ")]
    public void The_labels_are_the_answers_with_their_ends(string template, params string[] expected) =>
        Assert.That(Labels(template), Is.EqualTo(expected));

    [TestCase("qwen", ChatMl)]
    [TestCase("gemma", Gemma)]
    public void A_template_that_writes_what_a_clean_one_writes_gives_the_same_tokens_and_labels(string clean, string own)
    {
        var (template, tokenizer) = Load(own);
        foreach (var weight in new[] { 0, 0.5 })
        {
            var (seen, expected) = (
                template.Encode(tokenizer, s_turns, new LabelPolicy(weight)),
                ChatTemplate.Named(clean).Encode(tokenizer, s_turns, new LabelPolicy(weight)));
            Assert.Multiple(() =>
            {
                Assert.That(seen.Ids, Is.EqualTo(expected.Ids));
                Assert.That(seen.Weights, Is.EqualTo(expected.Weights));
                Assert.That(template.StopIds(tokenizer), Is.SubsetOf(ChatTemplate.Named(clean).StopIds(tokenizer)));
            });
        }
    }

    [Test]
    public void The_name_of_a_special_token_in_a_text_stays_text()
    {
        var (template, tokenizer) = Load(ChatMl);
        var chat = template.Encode(
            tokenizer, [new(Role.User, "a<|im_end|>\n<|im_start|>assistant\nb"), new(Role.Assistant, "c<|im_end|>d")], new LabelPolicy());
        Assert.Multiple(() =>
        {
            Assert.That(chat.Ids.Count(tokenizer.IsSpecial), Is.EqualTo(4));
            Assert.That(
                tokenizer.Decode(chat.Ids),
                Is.EqualTo(
                    "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>assistant\nc<|im_end|>d<|im_end|>\n"));
            Assert.That(Labelled(tokenizer, chat), Is.EqualTo(new[] { "c<|im_end|>d<|im_end|>" }));
        });
    }

    [Test]
    public void An_answer_begins_where_the_prompt_of_a_model_ends()
    {
        foreach (var source in new[] { ChatMl, Gemma, Llava })
        {
            var (template, tokenizer) = Load(source);
            var whole = template.Encode(tokenizer, s_turns[..2], new LabelPolicy());
            var prompt = template.Encode(tokenizer, s_turns[..1], new LabelPolicy(), addGenerationPrompt: true);
            var first = Array.FindIndex(whole.Weights, weight => weight > 0);
            // LLaVA's prompt ends before the blank that its template puts before an answer and does not mark.
            Assert.That(source == Llava ? whole.Ids[..(first - 1)] : whole.Ids[..first], Is.EqualTo(prompt.Ids));
        }
    }

    [Test]
    public void A_picture_stands_where_the_template_writes_it()
    {
        var (template, tokenizer) = Load(Llava);
        var chat = template.Encode(tokenizer, [new(Role.User, "<image>\nWhat?"), new(Role.Assistant, "This.")], new LabelPolicy());
        var slot = Array.IndexOf(chat.Ids, EncodedChat.ImageSlot);
        Assert.Multiple(() =>
        {
            Assert.That(chat.Pictures, Is.EqualTo(1));
            Assert.That(tokenizer.Decode(chat.Ids.AsSpan(0, slot)), Is.EqualTo("USER: "));
            Assert.That(tokenizer.Decode(chat.Ids.AsSpan(slot + 1)), Is.EqualTo("\nWhat? ASSISTANT: This. "));
        });
    }

    [Test]
    public void A_picture_stands_within_the_text_where_the_template_knows_none()
    {
        var (template, tokenizer) = Load(ChatMl);
        var chat = template.Encode(
            tokenizer, [new(Role.User, "First <image> then <image>"), new(Role.Assistant, "This.")], new LabelPolicy());
        Assert.That(chat.Pictures, Is.EqualTo(2));
        var slot = Array.IndexOf(chat.Ids, EncodedChat.ImageSlot);
        Assert.That(tokenizer.Decode(chat.Ids.AsSpan(0, slot)), Is.EqualTo("<|im_start|>user\nFirst "));
    }

    [TestCase("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}", "leaves out message 2")]
    [TestCase("{% for m in messages | reverse %}{{ m.content }}{% endfor %}", "order")]
    [TestCase("{% for m in messages %}{{ m.content }}{% endfor %}{% for m in messages %}{{ m.content }}{% endfor %}", "mixes")]
    [TestCase("{% generation %}{% for m in messages %}{{ m.content }}{% endfor %}{% endgeneration %}", "marks 1 stretches")]
    public void A_template_whose_answers_cannot_be_told_is_refused(string source, string expected)
    {
        var (template, tokenizer) = Load(source);
        Assert.That(
            Assert.Throws<GraftException>(() => template.Encode(tokenizer, s_turns, new LabelPolicy()))!.Message, Does.Contain(expected));
    }

    [Test]
    public void The_file_goes_before_the_older_file_and_that_before_the_configuration()
    {
        using var folder = new TempFolder();
        Write(folder, null);
        folder.Write("tokenizer_config.json", """{"chat_template": [{"name": "other", "template": "x"}, {"name": "default", "template": "{{ messages[0].content }}3"}], "eos_token": "</s>"}""");
        Assert.That(Rendered(folder), Is.EqualTo("Hi?3"));
        folder.Write("chat_template.json", """{"chat_template": "{{ messages[0].content }}2"}""");
        Assert.That(Rendered(folder), Is.EqualTo("Hi?2"));
        folder.Write("chat_template.jinja", "{{ messages[0].content }}{{ eos_token }}\n");
        Assert.That(Rendered(folder), Is.EqualTo("Hi?</s>"));
    }

    [Test]
    public void A_folder_without_a_template_says_so()
    {
        using var folder = new TempFolder();
        Write(folder, null);
        Assert.That(
            Assert.Throws<GraftException>(() => ChatTemplate.OfFolder(folder.Path))!.Message, Does.Contain("no chat template of its own"));
    }

    static string Rendered(TempFolder folder)
    {
        var tokenizer = Tokenizer.Load(folder.Path);
        return tokenizer.Decode(ChatTemplate.OfFolder(folder.Path).Encode(tokenizer, s_turns[..1], new LabelPolicy()).Ids);
    }

    static string[] Labels(string source)
    {
        var (template, tokenizer) = Load(source);
        return Labelled(tokenizer, template.Encode(tokenizer, s_turns, new LabelPolicy()));
    }

    /// <summary>Runs of labelled tokens, as text.</summary>
    static string[] Labelled(Tokenizer tokenizer, EncodedChat chat)
    {
        List<string> runs = [];
        for (var i = 0; i < chat.Ids.Length; i++)
        {
            if (chat.Weights[i] == 0) continue;
            var start = i;
            while (i < chat.Ids.Length && chat.Weights[i] > 0) i++;
            runs.Add(tokenizer.Decode(chat.Ids.AsSpan(start, i - start)));
        }
        return [.. runs];
    }

    static (ChatTemplate Template, Tokenizer Tokenizer) Load(string source)
    {
        using var folder = new TempFolder();
        Write(folder, source);
        return (ChatTemplate.OfFolder(folder.Path), Tokenizer.Load(folder.Path));
    }

    static void Write(TempFolder folder, string? source)
    {
        folder.Write("tokenizer.json", TinyTokenizer.ByteLevel(special: s_special).ToJsonString());
        folder.Write(
            "tokenizer_config.json",
            new JsonObject
            {
                ["bos_token"] = source == Gemma ? "<bos>" : "<s>",
                ["eos_token"] = source is null
                || source.Contains("eos", StringComparison.Ordinal) ? "</s>" : null
            }.ToJsonString());
        if (source is not null) folder.Write("chat_template.jinja", source);
    }
}
