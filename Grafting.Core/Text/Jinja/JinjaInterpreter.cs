namespace Grafting.Core.Text.Jinja;

/// <summary>Runs the statements of a template.</summary>
internal sealed class JinjaInterpreter(JinjaContext context)
{
    enum Flow
    {
        On,
        Break,
        Continue,
    }

    readonly JinjaEvaluator _evaluator = new(context);
    readonly JinjaPrinter _printer = new(context);
    readonly JinjaSequences _sequences = new(context);

    public JinjaString Run(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        var output = new JinjaString.Builder(context.Budget);
        Run(body, scope, output);
        return output.Build();
    }

    Flow Run(IReadOnlyList<JinjaStatement> body, JinjaScope scope, JinjaString.Builder output)
    {
        context.Budget.Enter();
        foreach (var statement in body)
        {
            context.Budget.At = statement.At;
            context.Budget.Step();
            var flow = Run(statement, scope, output);
            if (flow == Flow.On) continue;
            context.Budget.Leave();
            return flow;
        }
        context.Budget.Leave();
        return Flow.On;
    }

    Flow Run(JinjaStatement statement, JinjaScope scope, JinjaString.Builder output)
    {
        switch (statement)
        {
            case Data data:
                output.Append(data.Text);
                break;
            case Output written:
                var value = _evaluator.Evaluate(written.Value, scope);
                context.Budget.At = written.At;
                output.Append(_printer.Print(value));
                break;
            case If branches:
                foreach (var (test, body) in branches.Branches)
                    if (_evaluator.Holds(test, scope)) return Run(body, scope, output);
                return Run(branches.Else, scope, output);
            case For loop:
                return RunLoop(loop, _evaluator.Evaluate(loop.Over, scope), scope, output, depth: 0);
            case Set set:
                Assign(set.Target, _evaluator.Evaluate(set.Value, scope), scope);
                break;
            case SetBlock set:
                object? text = Run(set.Body, new JinjaScope(scope));
                Assign(set.Target, set.Filter is { } filter ? _evaluator.Apply(filter, text, scope) : text, scope);
                break;
            case MacroDefinition macro:
                scope.Set(macro.Name, Macro(macro, scope));
                break;
            case CallBlock call:
                var made = _evaluator.Call(call.Call, scope, Macro(call.Caller, scope));
                output.Append(_printer.Print(made));
                break;
            case FilterBlock block:
                output.Append(_printer.Print(_evaluator.Apply(block.Filter, Run(block.Body, new JinjaScope(scope)), scope)));
                break;
            case With with:
                var inner = new JinjaScope(scope);
                foreach (var (target, given) in with.Values) Assign(target, _evaluator.Evaluate(given, scope), inner);
                return Run(with.Body, inner, output);
            case GenerationBlock block:
                output.Append(Run(block.Body, new JinjaScope(scope)).AsGenerated());
                break;
            case Break:
                return Flow.Break;
            case Continue:
                return Flow.Continue;
            default:
                Fault.Unreachable<object>(statement);
                break;
        }
        return Flow.On;
    }

    Flow RunLoop(For loop, object? over, JinjaScope scope, JinjaString.Builder output, int depth)
    {
        context.Budget.At = loop.At;
        var items = _sequences.Items(over);
        if (loop.Filter is { } filter)
        {
            items = items.FindAll(item =>
            {
                var tried = new JinjaScope(scope);
                Assign(loop.Target, item, tried);
                return _evaluator.Holds(filter, tried);
            });
        }
        if (items.Count == 0) return Run(loop.Else, scope, output);
        Func<object?, JinjaString>? recurse = !loop.Recursive ? null : more =>
        {
            var nested = new JinjaString.Builder(context.Budget);
            RunLoop(loop, more, scope, nested, depth + 1);
            return nested.Build();
        };
        var state = new JinjaLoop(context, items, depth, recurse);
        for (var i = 0; i < items.Count; i++)
        {
            state.Index = i;
            var round = new JinjaScope(scope);
            Assign(loop.Target, items[i], round);
            round.Set("loop", state);
            if (Run(loop.Body, round, output) == Flow.Break) break;
        }
        return Flow.On;
    }

    JinjaFunction Macro(MacroDefinition macro, JinjaScope definedIn) => new(macro.Name, arguments =>
    {
        var scope = new JinjaScope(definedIn);
        if (arguments.Has("caller") && !macro.Parameters.Any(parameter => parameter.Name == "caller")
            && arguments.Named.TryGetValue("caller", out var caller))
            scope.Set("caller", caller);
        foreach (var (name, standard) in macro.Parameters)
        {
            if (arguments.Has(name)) scope.Set(name, arguments.Take(name));
            else scope.Set(
                name,
                standard is null ? new JinjaUndefined($"the parameter \"{name}\" of {macro.Name}") : _evaluator.Evaluate(standard, scope));
        }
        var rest = arguments.Rest(macro.Name);
        scope.Set("varargs", new JinjaList([.. rest.Positional], tuple: true));
        var named = new JinjaDict();
        foreach (var (name, value) in rest.Named)
            if (name != "caller") named.Set((JinjaString)name, value);
        scope.Set("kwargs", named);
        return Run(macro.Body, scope);
    });

    void Assign(JinjaExpression target, object? value, JinjaScope scope)
    {
        switch (target)
        {
            case Name name:
                scope.Set(name.Text, value);
                break;
            case Attribute { Of: Name of } member:
                if (!scope.TryGet(of.Text, out var owner) || owner is not JinjaNamespace space)
                    throw new JinjaFault(member.At, $"\"{of.Text}\" is no namespace, so that \"{member.Name}\" in it cannot be set.");
                space.Values[member.Name] = value;
                break;
            case ListLiteral names:
                context.Budget.At = target.At;
                var items = _sequences.Items(value);
                if (items.Count != names.Items.Count)
                    throw new JinjaFault(target.At, $"{items.Count} values cannot be given to {names.Items.Count} names.");
                for (var i = 0; i < items.Count; i++) Assign(names.Items[i], items[i], scope);
                break;
            default:
                Fault.Unreachable<object>(target);
                break;
        }
    }
}
