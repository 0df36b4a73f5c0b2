namespace Grafting.Core.Text;

/// <summary>
/// The form in which a conversation is given to a model: its tokens, the places of its pictures, and which tokens are labels. These are
/// the clean templates of the paper: no system prompt unless one is given, one line break where Llama's own template has two.
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

    public abstract string Name { get; }

    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Usage"/>: there is no such template.</exception>
    public static ChatTemplate Named(string name) => all.FirstOrDefault(template => template.Name == name)
        ?? throw Fault.Usage($"there is no chat template \"{name}\".", $"Known are {string.Join(", ", all.Select(template => template.Name))}.");

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

    /// <summary>Encodes a conversation: an optional system turn, then user and assistant in turn.</summary>
    /// <param name="addGenerationPrompt">Opens the assistant's turn at the end, for a model to answer; the last turn must be the user's.</param>
    /// <param name="imagePrompt">See <see cref="ImagePrompt"/>; null: a picture stands before its question.</param>
    /// <exception cref="GraftException">Of kind <see cref="ErrorKind.Input"/>: turns in the wrong order, a special token that the vocabulary
    /// lacks, or a character that it cannot express.</exception>
    public EncodedChat Encode(
        Tokenizer tokenizer, IReadOnlyList<Turn> turns, LabelPolicy policy, bool addGenerationPrompt = false, string? imagePrompt = null)
    {
        policy.Validate();
        CheckOrder(turns, addGenerationPrompt);
        var chat = new ChatBuilder(tokenizer);
        Begin(chat, tokenizer);
        foreach (var turn in turns)
        {
            Add(chat, tokenizer, turn.Role, TurnParts.Of(turn, imagePrompt), policy);
            if (turn.Pictures > 0) imagePrompt = null;
        }
        if (addGenerationPrompt) OpenAnswer(chat, tokenizer, policy);
        return chat.Build();
    }

    /// <summary>The ids at which an answer ends.</summary>
    public abstract IReadOnlyList<int> StopIds(Tokenizer tokenizer);

    private protected abstract void Begin(ChatBuilder chat, Tokenizer tokenizer);

    /// <param name="parts">Texts of the turn, and null for each picture.</param>
    private protected abstract void Add(ChatBuilder chat, Tokenizer tokenizer, Role role, IReadOnlyList<string?> parts, LabelPolicy policy);
    private protected abstract void OpenAnswer(ChatBuilder chat, Tokenizer tokenizer, LabelPolicy policy);

    private protected int Required(Tokenizer tokenizer, string token) => tokenizer.IdOf(token)
        ?? throw Fault.Input(
            $"the chat template \"{Name}\" needs the token {token}, which the tokenizer lacks.",
            "Choose the template of the tokenizer's own family, or \"plain\".");

    static void CheckOrder(IReadOnlyList<Turn> turns, bool addGenerationPrompt)
    {
        const string rule = "After an optional system turn, user and assistant take turns, the user first.";
        if (turns.Count == 0) throw Fault.Input("the conversation has no turn.", rule);
        var first = turns[0].Role == Role.System ? 1 : 0;
        for (var i = 0; i < turns.Count; i++)
        {
            var expected = i < first ? Role.System : (i - first) % 2 == 0 ? Role.User : Role.Assistant;
            if (turns[i].Role != expected) throw Fault.Input($"turn {i + 1} is {Owner(turns[i].Role)}; it must be {Owner(expected)}.", rule);
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

    static bool HasChatTemplate(string? folder)
    {
        if (folder is null) return false;
        if (File.Exists(Path.Combine(folder, "chat_template.jinja")) || File.Exists(Path.Combine(folder, "chat_template.json"))) return true;
        var config = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(config)) return false;
        using var document = JsonAt.Open(config);
        return new JsonAt(document.RootElement, config, "$").Find("chat_template") is not null;
    }
}
