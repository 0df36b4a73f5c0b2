using Grafting.Core.Text.Templates;

namespace Grafting.Core.Text;

/// <summary>
/// The form in which a conversation is given to a model: its tokens, the places of its pictures, and which tokens are labels. Those with
/// names are the clean templates of the paper: no system prompt unless one is given, one line break where Llama's own template has two. A
/// model's own template is Jinja in its folder (<see cref="OfFolder"/>).
/// </summary>
/// <remarks>
/// The picture of a turn that has one stands before its text, and the mark with its line break is taken out, as LLaVA does. In a turn with
/// several each stands where its mark is, and the mark takes the line break behind it along, if there is one; white space around the turn
/// goes too. The rule is by turn, so that a conversation begins the same whatever follows in it.
/// <para/>
/// With <see cref="LabelPolicy"/>(0) every template labels exactly the tokens of the answers and the token that ends each answer, weight 1.
/// With a special-token weight w the special tokens of all turns become labels as well; see the templates for which. Texts are encoded
/// one by one: the name of a special token inside a text stays text.
/// </remarks>
public abstract class ChatTemplate
{
    static readonly ChatTemplate[] all = [new Llama3Template(), new QwenTemplate(), new GemmaTemplate(), new PlainTemplate()];

    /// <summary>What a recipe calls the clean template of a model's family, and its own.</summary>
    public const string CleanName = "clean", OwnName = "own";

    public abstract string Name { get; }

    /// <summary>The Jinja source of a model's own template, to be kept with what was trained by it; null for the clean ones.</summary>
    public virtual string? Source => null;

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>: there is no such template.</exception>
    public static ChatTemplate Named(string name) => all.FirstOrDefault(template => template.Name == name)
        ?? throw Fault.Usage(
            $"there is no chat template \"{name}\".", $"Known are {string.Join(", ", all.Select(template => template.Name))}.");

    /// <summary>
    /// The template whose special tokens the vocabulary has, else the plain one. A base model may carry those tokens untrained; it is
    /// told by an end token other than the template's in a checkpoint folder without a chat template.
    /// </summary>
    public static ChatTemplate For(Tokenizer tokenizer, string? folder)
    {
        foreach (var template in all.OfType<MarkedTemplate>())
        {
            if (!template.SpecialTokens.All(token => tokenizer.IdOf(token) is not null)) continue;
            if (tokenizer.EndId is not { } end || end == tokenizer.IdOf(template.EndOfTurn) || HasChatTemplate(folder)) return template;
        }
        return Named("plain");
    }

    /// <summary>The template that a model folder brings along.</summary>
    /// <exception cref="GraftException">Input: there is none, or it is no template.</exception>
    public static ChatTemplate OfFolder(string folder) => new OwnTemplate(
        TemplateSource.Of(folder) ?? throw Fault.Input(
            $"{folder} has no chat template of its own.",
            $"It would be {TemplateSource.FileName}, or chat_template in tokenizer_config.json; \"{CleanName}\" needs none."),
        TemplateSource.SpecialTokens(folder));

    /// <summary>A template in a file, with the special tokens of a model folder.</summary>
    /// <exception cref="GraftException">Input: it cannot be read, or is no template.</exception>
    public static ChatTemplate OfFile(string file, string folder) =>
        new OwnTemplate(TemplateSource.OfFile(file), TemplateSource.SpecialTokens(folder));

    /// <summary>A template that was kept, with the special tokens of a model folder.</summary>
    /// <param name="place">Where it was kept, for messages.</param>
    public static ChatTemplate OfSource(string source, string place, string folder) =>
        new OwnTemplate(new TemplateSource(source, place), TemplateSource.SpecialTokens(folder));

    /// <summary>The template that a recipe chooses.</summary>
    /// <param name="choice">"clean", "own", or a file.</param>
    public static ChatTemplate Chosen(string choice, Tokenizer tokenizer, string folder) => choice switch
    {
        CleanName => For(tokenizer, folder),
        OwnName => OfFolder(folder),
        _ => OfFile(choice, folder),
    };

    /// <summary>Encodes a conversation: an optional system turn, then user and assistant in turn.</summary>
    /// <param name="addGenerationPrompt">
    /// Opens the assistant's turn at the end, for a model to answer; the last turn must be the user's.
    /// </param>
    /// <param name="imagePrompt">See <see cref="ImagePrompt"/>; null: a picture stands before its question.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: turns in the wrong order, a special token that the
    /// vocabulary lacks, or a character that it cannot express.</exception>
    public EncodedChat Encode(
        Tokenizer tokenizer, IReadOnlyList<Turn> turns, LabelPolicy policy, bool addGenerationPrompt = false, string? imagePrompt = null)
    {
        policy.Validate();
        CheckOrder(turns, addGenerationPrompt);
        return Write(tokenizer, turns, policy, addGenerationPrompt, imagePrompt);
    }

    /// <summary>The ids at which an answer ends.</summary>
    public abstract IReadOnlyList<int> StopIds(Tokenizer tokenizer);

    /// <summary>Encodes turns that stand in the right order.</summary>
    private protected abstract EncodedChat Write(
        Tokenizer tokenizer, IReadOnlyList<Turn> turns, LabelPolicy policy, bool addGenerationPrompt, string? imagePrompt);

    static void CheckOrder(IReadOnlyList<Turn> turns, bool addGenerationPrompt)
    {
        const string rule = "After an optional system turn, user and assistant take turns, the user first.";
        if (turns.Count == 0) throw Fault.Input("the conversation has no turn.", rule);
        var first = turns[0].Role == Role.System ? 1 : 0;
        for (var i = 0; i < turns.Count; i++)
        {
            var expected = i < first ? Role.System : (i - first) % 2 == 0 ? Role.User : Role.Assistant;
            if (turns[i].Role != expected)
                throw Fault.Input($"turn {i + 1} is {Owner(turns[i].Role)}; it must be {Owner(expected)}.", rule);
        }
        if (addGenerationPrompt && turns[^1].Role != Role.User)
            throw Fault.Input($"turn {turns.Count}, the last, is {Owner(turns[^1].Role)}; an answer can only follow the user's.", rule);
    }

    static string Owner(Role role) => role switch
    {
        Role.System => "the system's",
        Role.User => "the user's",
        _ => "the assistant's",
    };

    static bool HasChatTemplate(string? folder) => folder is not null && TemplateSource.IsIn(folder);
}
