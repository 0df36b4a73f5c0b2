namespace Grafting.Core.Text.Jinja;

/// <summary>Truth, comparison and arithmetic as Python has them.</summary>
internal sealed class JinjaOperators(JinjaContext context)
{
    public static bool Truth(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        JinjaString text => text.Value.Length > 0,
        JinjaList list => list.Items.Count > 0,
        JinjaDict dict => dict.Count > 0,
        _ => true,
    };

    public static string KindOf(object? value) => value switch
    {
        null => "none",
        bool => "a truth value",
        long => "a whole number",
        double => "a number",
        JinjaString => "a text",
        JinjaList { IsTuple: true } => "a tuple",
        JinjaList => "a list",
        JinjaDict => "a dict",
        JinjaUndefined => "undefined",
        JinjaIterator => "an iterator",
        JinjaNamespace => "a namespace",
        JinjaFunction => "a function",
        _ => "an object",
    };

    public bool AreEqual(object? a, object? b)
    {
        context.Budget.Step();
        context.Budget.Look(a);
        switch (a, b)
        {
            case (JinjaString x, JinjaString y):
                return x.Value == y.Value;
            case (bool, long or double) or (long or double, bool) when !context.Python:
                return false;
            case (bool or long or double, bool or long or double):
                return a is double || b is double ? Number(a) == Number(b) : Whole(a) == Whole(b);
            case (JinjaList x, JinjaList y):
                if (x.IsTuple != y.IsTuple || x.Items.Count != y.Items.Count) return false;
                return Nested(() => !x.Items.Where((item, i) => !AreEqual(item, y.Items[i])).Any());
            case (JinjaDict x, JinjaDict y):
                if (x.Count != y.Count) return false;
                return Nested(() => x.Items.All(item => y.TryGet(item.Key, out var other) && AreEqual(item.Value, other)));
            case (null, null) or (JinjaUndefined, JinjaUndefined):
                return true;
            default:
                return ReferenceEquals(a, b);
        }
    }

    /// <exception cref="JinjaFault">The two have no order.</exception>
    public int Order(object? a, object? b)
    {
        context.Budget.Step();
        context.Budget.Look(a);
        switch (a, b)
        {
            case (JinjaString x, JinjaString y):
                return PythonText.Compare(x.Value, y.Value);
            case (bool or long or double, bool or long or double):
                return a is double || b is double ? Number(a).CompareTo(Number(b)) : Whole(a).CompareTo(Whole(b));
            case (JinjaList x, JinjaList y) when x.IsTuple == y.IsTuple:
                return Nested(() =>
                {
                    for (var i = 0; i < Math.Min(x.Items.Count, y.Items.Count); i++)
                        if (!AreEqual(x.Items[i], y.Items[i])) return Order(x.Items[i], y.Items[i]);
                    return x.Items.Count.CompareTo(y.Items.Count);
                });
            case (JinjaUndefined, _) or (_, JinjaUndefined):
                throw context.Wrong($"{(a as JinjaUndefined ?? (JinjaUndefined)b!).What} is undefined.");
            default:
                throw context.Wrong($"{KindOf(a)} and {KindOf(b)} have no order.");
        }
    }

    public bool Compare(string op, object? a, object? b) => op switch
    {
        "==" => AreEqual(a, b),
        "!=" => !AreEqual(a, b),
        "<" => Order(a, b) < 0,
        "<=" => Order(a, b) <= 0,
        ">" => Order(a, b) > 0,
        ">=" => Order(a, b) >= 0,
        "in" => Contains(b, a),
        _ => !Contains(b, a),
    };

    public bool Contains(object? container, object? value)
    {
        switch (container)
        {
            case JinjaString text:
                context.Budget.Step(1 + text.Value.Length / 1000);
                if (value is JinjaString part) return text.Value.Contains(part.Value, StringComparison.Ordinal);
                if (!context.Python) return false;
                throw context.Wrong($"a text cannot hold {KindOf(value)}.");
            case JinjaList list:
                return list.Items.Exists(item => AreEqual(item, value));
            case JinjaDict dict:
                return JinjaDict.Allows(value) && dict.TryGet(value, out _);
            case JinjaIterator iterator:
                while (iterator.TryNext(out var item))
                    if (AreEqual(item, value)) return true;
                return false;
            case JinjaUndefined:
                return false;
            default:
                throw context.Wrong($"{KindOf(container)} has no members for \"in\".");
        }
    }

    public object? Negate(string op, object? value) => value switch
    {
        bool or long => (object)(op == "-" ? -Math.Max(Whole(value), -long.MaxValue) : Whole(value)),
        double number => op == "-" ? -number : number,
        _ => throw Refuse(op, value),
    };

    public object? Binary(string op, object? a, object? b)
    {
        if (op == "%" && a is JinjaString format) return new PythonFormat(context).Percent(format, b);
        if (a is JinjaUndefined || b is JinjaUndefined)
            throw context.Wrong($"{((a as JinjaUndefined) ?? (JinjaUndefined)b!).What} is undefined.");
        try
        {
            return (op, a, b) switch
            {
                ("+", JinjaString x, JinjaString y) => Joined(x, y),
                ("+", JinjaString x, long or double) when !context.Python => Joined(x, new JinjaPrinter(context).Print(b)),
                ("+", long or double, JinjaString y) when !context.Python => Joined(new JinjaPrinter(context).Print(a), y),
                ("+", JinjaList x, JinjaList y) when x.IsTuple == y.IsTuple => Counted([.. x.Items, .. y.Items], x.IsTuple),
                ("*", JinjaString x, long or bool) => Repeated(x, Whole(b)),
                ("*", long or bool, JinjaString y) => Repeated(y, Whole(a)),
                ("*", JinjaList x, long or bool) => Repeated(x, Whole(b)),
                ("*", long or bool, JinjaList y) => Repeated(y, Whole(a)),
                (_, long or bool, long or bool) => Arithmetic(op, Whole(a), Whole(b)),
                (_, long or bool or double, long or bool or double) => Arithmetic(op, Number(a), Number(b)),
                _ => throw Refuse(op, a, b),
            };
        }
        catch (OverflowException)
        {
            throw context.Wrong($"the result of {op} is too large a number.");
        }
    }

    public static double Number(object? value) =>
        value switch { bool flag => flag ? 1 : 0, long number => number, double number => number, _ => double.NaN };

    public static long Whole(object? value) => value switch { bool flag => flag ? 1 : 0, long number => number, _ => 0 };

    object Arithmetic(string op, long a, long b)
    {
        if (b == 0 && op is "/" or "//" or "%") throw context.Wrong("something is divided by zero.");
        return op switch
        {
            "+" => (object)checked(a + b),
            "-" => checked(a - b),
            "*" => checked(a * b),
            "/" => (double)a / b,
            "//" => checked(a / b) - (a % b != 0 && a < 0 != b < 0 ? 1 : 0),
            "%" => b is 1 or -1 ? 0 : (a % b + b) % b,
            _ => b < 0 ? (object)Math.Pow(a, b) : Power(a, b),
        };
    }

    double Arithmetic(string op, double a, double b)
    {
        if (b == 0 && op is "/" or "//" or "%") throw context.Wrong("something is divided by zero.");
        return op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Quotient(a, b),
            "%" => Remainder(a, b),
            _ => Math.Pow(a, b),
        };
    }

    /// <summary>Has the sign of the divisor.</summary>
    static double Remainder(double a, double b)
    {
        var rest = a % b;
        if (rest == 0) return Math.CopySign(0, b);
        return rest < 0 == b < 0 ? rest : rest + b;
    }

    /// <summary>Without what remains, so that no rounding reaches the next whole number.</summary>
    static double Quotient(double a, double b)
    {
        var quotient = (a - Remainder(a, b)) / b;
        return quotient == 0 ? Math.CopySign(0, a / b) : Math.Round(quotient);
    }

    static long Power(long a, long b)
    {
        if (a is 0 or 1 || b == 0) return b == 0 ? 1 : a;
        if (a == -1) return b % 2 == 0 ? 1 : -1;
        var result = 1L;
        for (; b > 0; b--) result = checked(result * a);
        return result;
    }

    JinjaString Joined(JinjaString x, JinjaString y)
    {
        var text = new JinjaString.Builder(context.Budget);
        if (!x.IsSafe && !y.IsSafe)
        {
            text.Append(x);
            text.Append(y);
            return text.Build();
        }
        var methods = new JinjaTextMethods(context);
        text.Append(methods.Escape(x));
        text.Append(methods.Escape(y));
        return text.Build().AsSafe();
    }

    JinjaString Repeated(JinjaString text, long times)
    {
        if (times <= 0 || text.Value.Length == 0) return "";
        context.Budget.Text(times > int.MaxValue ? times : text.Value.Length * times, 0);
        var repeated = new JinjaString.Builder(context.Budget);
        for (; times > 0; times--) repeated.Append(text);
        return text.IsSafe ? repeated.Build().AsSafe() : repeated.Build();
    }

    JinjaList Repeated(JinjaList list, long times)
    {
        if (times <= 0) return new JinjaList([], list.IsTuple);
        if (list.Items.Count > 0) context.Budget.Step(times > int.MaxValue ? times : times * list.Items.Count);
        List<object?> items = [];
        for (; times > 0 && list.Items.Count > 0; times--) items.AddRange(list.Items);
        return new JinjaList(items, list.IsTuple);
    }

    JinjaList Counted(List<object?> items, bool tuple)
    {
        context.Budget.Step(items.Count);
        return new JinjaList(items, tuple);
    }

    T Nested<T>(Func<T> work)
    {
        context.Budget.Enter();
        var result = work();
        context.Budget.Leave();
        return result;
    }

    JinjaFault Refuse(string op, object? a, object? b) => context.Wrong($"{op} is not defined between {KindOf(a)} and {KindOf(b)}.");

    JinjaFault Refuse(string op, object? value) =>
        context.Wrong(value is JinjaUndefined missing ? $"{missing.What} is undefined." : $"{op} is not defined for {KindOf(value)}.");
}
