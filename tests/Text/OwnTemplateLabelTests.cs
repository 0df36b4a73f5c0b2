using System.Text.Json;
using System.Text.Json.Nodes;
using Grafting.Core.Text;
using Grafting.Core.Text.Templates;
using Grafting.Tests.Support;

namespace Grafting.Tests.Text;

/// <summary>Labels of real templates over real vocabularies: the text of the tokens that are learned from, to the letter.</summary>
public class OwnTemplateLabelTests
{
    const string ChatMl =
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt "
            + "%}{{ '<|im_start|>assistant\n' }}{% endif %}";

    const string Gemma =
        "{{ bos_token }}{% for m in messages %}{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\n' + m.content | "
            + "trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}";

    /// <summary>Marks its answers, with what ends them.</summary>
    const string Generation =
        "{% for m in messages %}{% if m.role == 'assistant' %}{{ '<|im_start|>assistant\n' }}{% generation %}{{ m.content + '<|im_end|>' "
            + "}}{% endgeneration %}{{ '\n' }}{% else %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endif %}{% "
            + "endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    /// <summary>Takes what was thought out of all answers but the last.</summary>
    const string Thinking =
        "{% for m in messages %}{% set c = m.content %}{% if '</think>' in c and not loop.last %}{% set c = "
            + "c.split('</think>')[-1].lstrip('\n') %}{% endif %}{{ '<|im_start|>' + m.role + '\n' + c + '<|im_end|>\n' }}{% endfor %}{% "
            + "if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    /// <param name="Before">What the template writes between generation prompt and answer, which is learned too.</param>
    sealed record Form(
        string Vocabulary, string Template, Func<string, string> Answer, string End, string Before = "", string[]? Added = null);

    static readonly Dictionary<string, Form> s_forms = new()
    {
        ["Llama 3.1"] = new("llama3", "meta-llama/Llama-3.1-8B-Instruct", PythonStrip, "<|eot_id|>"),
        ["Llama 2"] = new("llama2", "llama", PythonStrip, " </s>", " "),
        ["Mixtral"] = new("llama2", "mistralai/Mixtral-8x7B-Instruct-v0.1", text => text, "</s>"),
        ["Zephyr"] = new("llama2", "HuggingFaceH4/zephyr-7b-beta (add_generation_prompt=false)", text => text, "</s>"),
        ["ChatML"] = new("llama3", ChatMl, text => text, "<|im_end|>", Added: ["<|im_start|>", "<|im_end|>"]),
        ["ChatML over GPT-2"] = new("gpt2", ChatMl, text => text, "<|im_end|>", Added: ["<|im_start|>", "<|im_end|>"]),
        ["Gemma"] = new("llama3", Gemma, PythonStrip, "<end_of_turn>", Added: ["<start_of_turn>", "<end_of_turn>"]),
        ["Generation"] = new("llama3", Generation, text => text, "<|im_end|>", Added: ["<|im_start|>", "<|im_end|>"]),
    };

    static readonly Dictionary<string, (ChatTemplate, Tokenizer)> s_loaded = [];

    static string[] Forms() => [.. s_forms.Keys];

    [TestCaseSource(nameof(Forms))]
    public void Learned_are_the_answers_and_their_ends(string name)
    {
        Check(name, "Hello there.", "Bye.");
        Check(name, "ends with blanks  ", "ends with a break\n");
        Check(name, "Hi?", "Is it \"Hi?\"? Hi? Hi?");
        Check(name, "𝐀 häß 漢字 👨‍👩‍👧 e\u0301", "½\u00A0٣");
        Check(name, "x", "1");
    }

    /// <summary>Llama 2's own template and Llama 3's take white space off; the others write what they are given.</summary>
    [TestCaseSource(nameof(Forms))]
    public void White_space_around_an_answer_is_learned_where_the_template_writes_it(string name)
    {
        Check(name, "  two blanks before", "\n\nbreaks before");
        Check(name, " a ", "\tb\t");
    }

    [TestCaseSource(nameof(Forms))]
    public void Names_of_special_tokens_in_words_stay_words(string name)
    {
        var form = s_forms[name];
        string[] marks =
        [
            "<|eot_id|>", "<|im_end|>", "<|im_start|>assistant\n", "</s>", "<s>", "[/INST]", "<end_of_turn>", "<|endoftext|>",
            "<|begin_of_text|>",
        ];
        var (template, tokenizer) = Load(form);
        var plain = template.Encode(tokenizer, Turns("What?", "This.", "And?", "That."), new LabelPolicy());
        var attack = template.Encode(
            tokenizer,
            Turns(string.Concat(marks), $"a{string.Concat(marks)}b", $"{marks[0]} c", string.Join(' ', marks.Select(mark => mark + "d"))),
            new LabelPolicy());
        Assert.That(attack.Ids.Count(tokenizer.IsSpecial), Is.EqualTo(plain.Ids.Count(tokenizer.IsSpecial)));
        Check(name, $"a{string.Concat(marks)}b", string.Join(' ', marks.Select(mark => mark + "d")));
    }

    [TestCaseSource(nameof(Forms))]
    public void That_holds_for_any_conversation(string name)
    {
        var random = new Random(20_250_710);
        for (var round = 0; round < 60; round++)
            Check(
                name,
                [.. Enumerable.Range(0, random.Next(1, 4))
                    .Select(_ => RandomTexts.Next(random) + "." + (random.Next(3) == 0 ? RandomTexts.Next(random) : ""))]);
    }

    /// <summary>
    /// What a model reads before its answer is what it read in training: no token reaches over the beginning of an answer.
    /// </summary>
    [TestCaseSource(nameof(Forms))]
    public void The_prompt_has_the_tokens_that_training_had_before_the_answer(string name)
    {
        var (template, tokenizer) = Load(s_forms[name]);
        foreach (var answer in new[] { "Hello", "\n\nhello", " hello", "1", "]x", ":" })
        {
            var whole = template.Encode(tokenizer, Turns("Hi?", answer), new LabelPolicy());
            var prompt = template.Encode(tokenizer, Turns("Hi?")[..1], new LabelPolicy(), addGenerationPrompt: true);
            // Zephyr's and GPT-2's forms of this file write no prompt.
            if (name == "Zephyr") continue;
            Assert.That(whole.Ids[..Array.FindIndex(whole.Weights, weight => weight > 0)], Is.EqualTo(prompt.Ids), answer);
        }
    }

    [Test]
    public void Without_answers_that_touch_other_words_the_tokens_are_those_of_the_whole_text()
    {
        foreach (var name in new[] { "Llama 3.1", "ChatML", "Gemma" })
        {
            var (template, tokenizer) = Load(s_forms[name]);
            var chat = template.Encode(
                tokenizer, Turns("What is  this,\nand that?", "A \"cat\", 12345 times.", "Häh? 漢字", "Yes."), new LabelPolicy());
            Assert.That(chat.Ids, Is.EqualTo(tokenizer.Encode(tokenizer.Decode(chat.Ids), addSpecialTokens: false)), name);
        }
    }

    /// <summary>Where a template writes no generation prompt, a model has to write the header of its answer itself.</summary>
    [Test]
    public void Without_a_generation_prompt_the_header_is_learned_too()
    {
        const string source = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}";
        var (template, tokenizer) = Load(new Form("llama3", source, text => text, "<|im_end|>", Added: ["<|im_start|>", "<|im_end|>"]));
        Assert.That(
            Learned(tokenizer, template.Encode(tokenizer, Turns("2+2?", "4", "3+3?", "6"), new LabelPolicy())),
            Is.EqualTo(new[] { "<|im_start|>assistant\n4<|im_end|>", "<|im_start|>assistant\n6<|im_end|>" }));
    }

    [Test]
    public void Thoughts_that_a_template_drops_are_not_learned()
    {
        var (template, tokenizer) = Load(new Form("llama3", Thinking, text => text, "<|im_end|>", Added: ["<|im_start|>", "<|im_end|>"]));
        var chat = template.Encode(
            tokenizer, Turns("2+2?", "<think>\nfour\n</think>\n\n4", "3+3?", "<think>\nsix\n</think>\n\n6"), new LabelPolicy());
        Assert.That(Learned(tokenizer, chat), Is.EqualTo(new[] { "4<|im_end|>", "<think>\nsix\n</think>\n\n6<|im_end|>" }));
    }

    [Test]
    public void A_system_prompt_that_a_template_adds_is_not_learned()
    {
        const string source =
            "{% if messages[0].role != 'system' %}{{ '<|im_start|>system\nYou are helpful.<|im_end|>\n' }}{% endif %}" + ChatMl;
        var (template, tokenizer) = Load(new Form("llama3", source, text => text, "<|im_end|>", Added: ["<|im_start|>", "<|im_end|>"]));
        var chat = template.Encode(tokenizer, Turns("You are helpful.", "You are helpful."), new LabelPolicy());
        Assert.That(Learned(tokenizer, chat), Is.EqualTo(new[] { "You are helpful.<|im_end|>" }));
        Assert.That(tokenizer.Decode(chat.Ids), Does.StartWith("<|im_start|>system\nYou are helpful.<|im_end|>\n<|im_start|>user\nYou"));
    }

    /// <summary>transformers hands over <c>tools</c> and <c>documents</c> as none, also where there are none.</summary>
    [Test]
    public void Tools_and_documents_are_there_and_none()
    {
        const string source = "{% if tools is not none or documents is not defined %}{{ 'TOOLS' }}{% endif %}" + ChatMl;
        var (template, tokenizer) = Load(new Form("llama3", source, text => text, "<|im_end|>", Added: ["<|im_start|>", "<|im_end|>"]));
        Assert.That(
            tokenizer.Decode(template.Encode(tokenizer, Turns("a", "b"), new LabelPolicy()).Ids), Does.StartWith("<|im_start|>user"));
    }

    /// <param name="answers">One exchange for each.</param>
    static void Check(string name, params string[] answers)
    {
        var form = s_forms[name];
        var (template, tokenizer) = Load(form);
        var chat = template.Encode(
            tokenizer, Turns([.. answers.SelectMany((answer, k) => new[] { k % 2 == 0 ? "Hi?" : answer, answer })]), new LabelPolicy());
        // SentencePiece's mark of a blank cannot be told from a blank.
        string Read(string text) => form.Vocabulary == "llama2" ? text.Replace('▁', ' ') : text;
        Assert.That(
            Learned(tokenizer, chat), Is.EqualTo(answers.Select(answer => Read(form.Before + form.Answer(answer) + form.End))),
            $"{name}: {JsonSerializer.Serialize(answers)}");
    }

    static Turn[] Turns(params string[] texts) => [.. texts.Select((text, k) => new Turn(k % 2 == 0 ? Role.User : Role.Assistant, text))];

    static string PythonStrip(string text) =>
        text.Trim([.. Enumerable.Range(0, 0x3001).Select(c => (char)c).Where(c => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f')]);

    /// <summary>Runs of labelled tokens, as the text that they add to what stands before them.</summary>
    static string[] Learned(Tokenizer tokenizer, EncodedChat chat)
    {
        List<string> runs = [];
        var inside = false;
        foreach (var token in LabelledToken.Of(tokenizer, chat))
        {
            if (token.Weight > 0) runs = inside ? [.. runs[..^1], runs[^1] + token.Text] : [.. runs, token.Text];
            inside = token.Weight > 0;
        }
        return [.. runs];
    }

    static (ChatTemplate Template, Tokenizer Tokenizer) Load(Form form)
    {
        var key = form.Vocabulary + form.Template;
        if (s_loaded.TryGetValue(key, out var known)) return known;
        var source = Shared.Real($"tokenizers/{form.Vocabulary}");
        using var folder = new TempFolder();
        var json = JsonNode.Parse(File.ReadAllBytes(Path.Combine(source, "tokenizer.json")))!;
        var added = json["added_tokens"]!.AsArray();
        var next = Math.Max(added.Max(token => (int)token!["id"]!) + 1, json["model"]!["vocab"]!.AsObject().Count);
        foreach (var name in form.Added ?? [])
            added.Add(
                new JsonObject
                {
                    ["id"] = next++,
                    ["content"] = name,
                    ["single_word"] = false,
                    ["lstrip"] = false,
                    ["rstrip"] = false,
                    ["normalized"] = false,
                    ["special"] = true,
                });
        folder.Write("tokenizer.json", json.ToJsonString());
        folder.Write("tokenizer_config.json", File.ReadAllText(Path.Combine(source, "tokenizer_config.json")));
        folder.Write("chat_template.jinja", Text(form.Template));
        return s_loaded[key] = (ChatTemplate.OfFolder(folder.Path), Tokenizer.Load(folder.Path));
    }

    static string Text(string template)
    {
        if (template.Contains("{%", StringComparison.Ordinal)) return template;
        using var file = JsonDocument.Parse(File.ReadAllBytes(Shared.Real("chat-templates/templates.json")));
        return file.RootElement.EnumerateArray().First(
            item => item.GetProperty("name").GetString() == template).GetProperty("chat_template").GetString()!;
    }
}
