namespace Grafting.Core.Text.Jinja;

/// <summary>Works out expressions.</summary>
internal sealed class JinjaEvaluator(JinjaContext context)
{
    readonly JinjaOperators _operators = new(context);
    readonly JinjaMembers _members = new(context);
    readonly JinjaPrinter _printer = new(context);
    readonly JinjaFilters _filters = new(context);
    readonly JinjaTests _tests = new(context);
    readonly JinjaGlobals _globals = new(context);

    public object? Evaluate(JinjaExpression expression, JinjaScope scope)
    {
        context.Budget.At = expression.At;
        context.Budget.Step();
        context.Budget.Enter();
        var value = Value(expression, scope);
        context.Budget.Leave();
        context.Budget.At = expression.At;
        context.Budget.Look(value);
        return value;
    }

    public bool Holds(JinjaExpression expression, JinjaScope scope) => JinjaOperators.Truth(Evaluate(expression, scope));

    /// <summary>The filters of a block, applied to its text.</summary>
    public object? Apply(Filter filter, object? text, JinjaScope scope)
    {
        var value = filter.Of is Filter inner ? Apply(inner, text, scope) : text;
        context.Budget.At = filter.At;
        return _filters.Apply(filter.Name, value, Arguments($"the filter \"{filter.Name}\"", filter.Arguments, filter.At, scope));
    }

    public object? Call(Call call, JinjaScope scope, JinjaFunction? caller = null)
    {
        var function = Evaluate(call.Function, scope);
        var name = call.Function switch { Name plain => plain.Text, Attribute member => member.Name, _ => "what is called" };
        var arguments = Arguments(name, call.Arguments, call.At, scope, caller);
        context.Budget.At = call.At;
        return function switch
        {
            JinjaFunction known => known.Call(arguments),
            JinjaLoop loop => loop.Recurse(arguments.Need("over")),
            JinjaUndefined missing => throw context.Wrong($"{missing.What} is undefined; it cannot be called."),
            _ => throw context.Wrong($"{JinjaOperators.KindOf(function)} cannot be called."),
        };
    }

    object? Value(JinjaExpression expression, JinjaScope scope) => expression switch
    {
        Constant constant => constant.Value,
        Name name => Lookup(name.Text, scope),
        Attribute attribute => At(attribute, Evaluate(attribute.Of, scope), value => _members.Attribute(value, attribute.Name)),
        Item { Key: Slice slice } item => SliceOf(Evaluate(item.Of, scope), slice, scope),
        Item item => ItemOf(item, scope),
        Call call => Call(call, scope),
        Filter filter => At(filter, Evaluate(filter.Of!, scope), value =>
            _filters.Apply(filter.Name, value, Arguments($"the filter \"{filter.Name}\"", filter.Arguments, filter.At, scope))),
        Test test => At(test, Evaluate(test.Of, scope), value =>
            _tests.Holds(test.Name, value, Arguments($"the test \"{test.Name}\"", test.Arguments, test.At, scope)) != test.Negated),
        Unary { Operator: "not" } unary => !Holds(unary.Of, scope),
        Unary unary => _operators.Negate(unary.Operator, Evaluate(unary.Of, scope)),
        Binary { Operator: "and" } binary =>
            Evaluate(binary.Left, scope) is var left && !JinjaOperators.Truth(left) ? left : Evaluate(binary.Right, scope),
        Binary { Operator: "or" } binary =>
            Evaluate(binary.Left, scope) is var left && JinjaOperators.Truth(left) ? left : Evaluate(binary.Right, scope),
        Binary binary => BinaryOf(binary, scope),
        Comparison comparison => Compare(comparison, scope),
        Concatenation concatenation => Concatenate(concatenation, scope),
        Conditional conditional => Holds(conditional.Test, scope) ? Evaluate(conditional.Then, scope)
            : conditional.Else is { } otherwise ? Evaluate(otherwise, scope) : new JinjaUndefined("the value of an if without else"),
        ListLiteral list => new JinjaList([.. list.Items.Select(item => Evaluate(item, scope))], list.Tuple),
        DictLiteral dict => DictOf(dict, scope),
        Slice slice => throw new JinjaFault(slice.At, "a slice stands in brackets behind a value."),
        _ => Fault.Unreachable<object?>(expression),
    };

    /// <summary>Does the work with the place of the expression, not that of its operand.</summary>
    T At<T>(JinjaExpression expression, object? operand, Func<object?, T> work)
    {
        context.Budget.At = expression.At;
        return work(operand);
    }

    object? Lookup(string name, JinjaScope scope)
    {
        if (scope.TryGet(name, out var value)) return value;
        return _globals.Find(name) switch
        {
            null => new JinjaUndefined($"\"{name}\""),
            var found when ReferenceEquals(found, JinjaGlobals.Constant.Null) => null,
            var found => found,
        };
    }

    object? ItemOf(Item item, JinjaScope scope)
    {
        var value = Evaluate(item.Of, scope);
        var key = Evaluate(item.Key, scope);
        context.Budget.At = item.At;
        return _members.Item(value, key);
    }

    object? SliceOf(object? value, Slice slice, JinjaScope scope)
    {
        object? Bound(JinjaExpression? bound) => bound is null ? null : Evaluate(bound, scope);
        var (start, stop, step) = (Bound(slice.Start), Bound(slice.Stop), Bound(slice.Step));
        context.Budget.At = slice.At;
        return _members.Slice(value, start, stop, step);
    }

    object? BinaryOf(Binary binary, JinjaScope scope)
    {
        var left = Evaluate(binary.Left, scope);
        var right = Evaluate(binary.Right, scope);
        context.Budget.At = binary.At;
        return _operators.Binary(binary.Operator, left, right);
    }

    bool Compare(Comparison comparison, JinjaScope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (op, operand) in comparison.Rest)
        {
            var right = Evaluate(operand, scope);
            context.Budget.At = comparison.At;
            if (!_operators.Compare(op, left, right)) return false;
            left = right;
        }
        return true;
    }

    JinjaString Concatenate(Concatenation concatenation, JinjaScope scope)
    {
        var text = new JinjaString.Builder(context.Budget);
        foreach (var part in concatenation.Parts) text.Append(_printer.Print(Evaluate(part, scope)));
        return text.Build();
    }

    JinjaDict DictOf(DictLiteral literal, JinjaScope scope)
    {
        var dict = new JinjaDict();
        foreach (var (key, value) in literal.Items)
        {
            var name = Evaluate(key, scope);
            if (!JinjaDict.Allows(name)) throw new JinjaFault(key.At, $"{JinjaOperators.KindOf(name)} cannot be a key.");
            dict.Set(name, Evaluate(value, scope));
        }
        return dict;
    }

    JinjaArguments Arguments(string what, Arguments written, Position at, JinjaScope scope, JinjaFunction? caller = null)
    {
        List<object?> positional = [];
        Dictionary<string, object?> named = new(StringComparer.Ordinal);
        if (caller is not null) named["caller"] = caller;
        foreach (var (name, spread, expression) in written.Items)
        {
            var value = Evaluate(expression, scope);
            if (spread == 1) positional.AddRange(new JinjaSequences(context).Items(value));
            else if (spread == 2)
            {
                if (value is not JinjaDict dict) throw new JinjaFault(at, "what follows ** is no dict.");
                foreach (var (key, item) in dict.Items)
                    named[(key as JinjaString)?.Value ?? throw new JinjaFault(at, "arguments have names.")] = item;
            }
            else if (name is null) positional.Add(value);
            else named[name] = value;
        }
        return new JinjaArguments(what, positional, named, at);
    }
}
