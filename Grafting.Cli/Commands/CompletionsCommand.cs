using System.CommandLine;
using Grafting.Cli.Help;
using Grafting.Cli.Rendering;

namespace Grafting.Cli.Commands;

/// <summary><c>graft completions &lt;shell&gt;</c>: a script that asks graft itself, so that it never falls behind the commands.</summary>
sealed class CompletionsCommand : GraftCommand
{
    static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _graft() {
                local IFS=$'\n'
                COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _graft graft ./graft
            """,
        ["zsh"] = """
            #compdef graft
            _graft() {
                local -a words_found
                words_found=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
                if [[ -n ${words_found[1]} ]]; then compadd -- $words_found; else _files; fi
            }
            compdef _graft graft ./graft
            """,
        ["fish"] = """
            function __graft_complete
                set -l line (commandline --cut-at-cursor)
                (commandline --tokenize)[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete --command graft --arguments '(__graft_complete)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName graft, ./graft -ScriptBlock {
                param($word, $line, $cursor)
                & $line.CommandElements[0].Value "[suggest:$cursor]" "$line" 2>$null | Where-Object { $_ -like "$word*" } |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }
            """,
    };

    readonly Argument<string> _shell = new("shell") { Description = $"One of {string.Join(", ", Scripts.Keys)}" };

    public CompletionsCommand() : base(
        "completions",
        "Print the script that makes a shell complete graft's commands and options.",
        new Example("source <(graft completions bash)", "Completion in this bash; put the line into ~/.bashrc to keep it."),
        new Example("graft completions fish > ~/.config/fish/completions/graft.fish", "Completion in every fish."))
    {
        _shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        Add(_shell);
    }

    public override Report Run(ParseResult parsed, Session session)
    {
        var shell = parsed.GetRequiredValue(_shell);
        var script = Scripts[shell].ReplaceLineEndings("\n");
        return new Report(
            "graft.completions/1", new { Shell = shell, Script = script }, console => console.Profile.Out.Writer.Write(script + "\n"));
    }
}
