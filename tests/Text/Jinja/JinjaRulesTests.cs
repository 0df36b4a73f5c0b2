using System.Diagnostics;
using Grafting.Core;
using Grafting.Core.Text.Jinja;

namespace Grafting.Tests.Text.Jinja;

/// <summary>Expected texts are those of Jinja 3.1.6 in Python under trim_blocks and lstrip_blocks, recorded once.</summary>
public class JinjaRulesTests
{
    [TestCase("a\n  {% if true %}\n b\n  {% endif %}\nc", "a\n b\nc", TestName = "Block_tags_take_their_line")]
    [TestCase("a {% if true %} b {% endif %} c", "a  b  c", TestName = "Blanks_within_a_line_stay")]
    [TestCase("a\n  {%+ if true %}\n b{% endif %}", "a\n   b", TestName = "A_plus_keeps_blanks_before")]
    [TestCase("{% if true +%}\nb{% endif %}", "\nb", TestName = "A_plus_keeps_the_break_behind")]
    [TestCase("a  \n {{- 'x' -}} \n b", "axb", TestName = "A_minus_takes_everything")]
    [TestCase("a\n  {# note #}\nb", "a\nb", TestName = "Comments_take_their_line_too")]
    [TestCase("a\n  {{ 'x' }}\nb", "a\n  x\nb", TestName = "Variables_do_not")]
    [TestCase("a\n", "a", TestName = "The_last_break_goes")]
    [TestCase("a\n\n", "a\n", TestName = "Only_one_does")]
    [TestCase("a\r\n{% if true %}\r\nb{% endif %}", "a\nb", TestName = "Breaks_of_Windows_are_breaks")]
    [TestCase("{% raw %}{{ x }}{% endraw %}", "{{ x }}", TestName = "Raw_text_is_raw")]
    [TestCase("{{ {'a': {'b': 1}}['a']['b'] }}", "1", TestName = "Braces_in_braces")]
    [TestCase("{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 3 ** 2 }}", "3 -4 2 3.5 64", TestName = "Division_rounds_down")]
    [TestCase("{{ 1e16 }} {{ 0.1 + 0.2 }} {{ 1.0 }} {{ 1e-5 }} {{ 123456789.125 }}", "1e+16 0.30000000000000004 1.0 1e-05 123456789.125",
        TestName = "Numbers_print_as_in_Python")]
    [TestCase("{{ [1, 'a', \"it's\", none, true, 1.5, {'k': (1,)}] }}", "[1, 'a', \"it's\", None, True, 1.5, {'k': (1,)}]",
        TestName = "Values_print_as_in_Python")]
    [TestCase("{{ 'a' ~ 1 ~ none ~ nothing }}", "a1None", TestName = "Tilde_joins_anything")]
    [TestCase("{{ 'x' if false }}|{{ not nothing }}|{{ nothing is defined }}", "|True|False", TestName = "Undefined_is_nothing")]
    [TestCase("{{ 'ab𝐀c'|length }} {{ 'ab𝐀c'[2] }} {{ 'ab𝐀c'[::-1] }}", "4 𝐀 c𝐀ba", TestName = "Characters_are_code_points")]
    [TestCase("{{ '  a  b '.split() }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ' a b '.split(none, 1) }}", "['a', 'b'] ['a,b', 'c'] ['a', 'b ']",
        TestName = "Split_as_in_Python")]
    [TestCase("{{ '%s-%d' % ('a', 3) }} {{ '{} {1}'.format('a', 'b') if false else '{0} {1}'.format('a', 'b') }}", "a-3 a b",
        TestName = "Formats_as_in_Python")]
    [TestCase("{% for i in range(3) %}{{ loop.index }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }} {% else %}none{% endfor %}",
        "1TrueFalse3 2FalseFalse2 3FalseTrue1 ", TestName = "Loops_tell_where_they_are")]
    [TestCase("{% for i in [] %}a{% else %}none{% endfor %}", "none", TestName = "A_loop_over_nothing")]
    [TestCase("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}", "21",
        TestName = "What_a_loop_sets_is_gone_behind_it")]
    [TestCase("{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "2", TestName = "What_an_if_sets_is_not")]
    [TestCase("{% for n in [1, [2, [3]]] recursive %}{{ n if n is number else '(' ~ loop(n) ~ ')' }}{% endfor %}", "1(2(3))",
        TestName = "Loops_that_call_themselves")]
    [TestCase("{% macro m(a, b=a ~ '!') %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }} {{ m(1, 2, 3, c=4) }}",
        "11!(){} 12(3,){'c': 4}", TestName = "Macros_take_more_than_they_name")]
    [TestCase("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}", "3False", TestName = "With_has_names_of_its_own")]
    [TestCase("{% set t | upper | trim %} abc {% endset %}{{ t }}", "ABC", TestName = "A_block_goes_through_filters")]
    [TestCase("{{ [3, 1, 2]|sort(reverse=true)|join(',') }} {{ ['b', 'A']|sort|first }} {{ {'b': 1, 'a': 2}|dictsort }}",
        "3,2,1 A [('a', 2), ('b', 1)]", TestName = "Sorting")]
    [TestCase("{{ 2.5|round|int }} {{ 3.5|round }} {{ 2.675|round(2) }} {{ 1234|round(-2) }}", "2 4.0 2.67 1200",
        TestName = "Rounding_is_Pythons")]
    [TestCase("{{ 'a\nb'|indent(2, true) }}", "  a\n  b", TestName = "Indent")]
    [TestCase("{{ \"it's o'clock\".title() }} {{ \"it's o'clock\"|title }}", "It'S O'Clock It's O'clock", TestName = "Two_kinds_of_title")]
    [TestCase("{{ ({'a': 1}).items()|list }} {{ {'items': 3}.items is callable }} {{ {'items': 3}['items'] }}", "[('a', 1)] True 3",
        TestName = "A_method_goes_before_an_item_behind_a_dot")]
    [TestCase("{{ (-1)|abs }} {{ -1|abs }} {{ 'x' in {'x': 1} }} {{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }}", "1 1 True True False",
        TestName = "Precedence_and_chains")]
    [TestCase("{{ '\"' ~ x ~ '\"' if false }}{{ ('<b>'|safe) + '<' }} {{ '<' + ('a'|safe) }} {{ ('<'|safe) ~ '<' }} {{ "
        + "('<a'|safe|upper|trim) + '<' }}", "<b>&lt; &lt;a << <A&lt;", TestName = "What_is_added_to_safe_text_is_escaped")]
    [TestCase("{{ ('<'|safe|replace('a', 'b')) + '<' }} {{ ('a'|safe).replace('a', '<') }} {{ '<'|e|e }} {{ '<'|e|forceescape }} {{ "
        + "['a'|safe] }}", "<< &lt; &lt; &amp;lt; [Markup('a')]", TestName = "Some_filters_make_it_plain_again")]
    [TestCase("{% set found = [] | select %}{{ 'y' if found else 'n' }} {% set g = [1, 2, 3] | map('string') %}{{ g | first }}{{ g | join "
        + "}}{{ g | list }}", "y 123[]", TestName = "What_select_and_map_give_is_true_and_gone_through_once")]
    [TestCase("{{ none | selectattr('a') | list }}{{ 0 | map('upper') | list }} {{ 2 in ([1, 2, 3] | select) }}", "[][] True",
        TestName = "Select_and_map_take_nothing_for_no_items")]
    [TestCase("{{ self.anything }}|{{ self is defined }}", "|True", TestName = "There_is_a_self_without_blocks")]
    [TestCase("{{ 'abcabc'.find('c', 3) }} {{ 'abcabc'.rindex('a') }} {{ 'abc'.count('') }} {{ 'abc'.startswith('b', 1) }} {{ "
        + "'abc'.endswith(('x', 'b'), 0, 2) }}", "5 3 4 True True", TestName = "Texts_are_searched_between_bounds")]
    [TestCase("{{ 'a'.center(6, '-') }} {{ 'a'.ljust(3, '.') }} {{ '-5'.zfill(4) }} {{ ' a b  c '.rsplit(none, 1) }}",
        "--a--- a.. -005 [' a b', 'c']", TestName = "Texts_are_filled_up_and_split_from_the_right")]
    [TestCase("{{ '%5s|%-5s|%05d|%+.2f|%x' % ('a', 'b', 42, 1.5, 255) }} {{ '{:>4}|{:04d}|{:,}|{!r:5}|{a[b]}|{0}'.format('x', 7, 1234567, "
        + "'s', a={'b': 2}) }}", "    a|b    |00042|+1.50|ff    x|0007|1,234,567|'s'  |2|x", TestName = "Formats_have_widths")]
    [TestCase("{{ 5 // 0.1 }} {{ 5 % 0.1 }} {{ -7 % 2.675 }} {{ 1 / 1e20 }} {{ 3 * (1, 2) }} {{ {1: 'x', true: 'y'} }}",
        "49.0 0.09999999999999973 1.0249999999999995 1e-20 (1, 2, 1, 2, 1, 2) {1: 'y'}", TestName = "Numbers_are_divided_as_in_Python")]
    [TestCase("{{ 'a\n\nb'|indent(2) }}|{{ 'a\n\nb'|indent(2, false, true) }}|{{ 'x y, z_1'|wordcount }}", "a\n\n  b|a\n  \n  b|3",
        TestName = "Lines_and_words")]
    [TestCase("{{ [[[1, 2], [3, 4]]].0.1.0 }} {{ [none, none]|sort }} {{ [{'a': 2, 'b': 1}, {'a': 1, 'b': "
        + "2}]|sort(attribute='a')|map(attribute='b')|join }}", "3 [None, None] 21", TestName = "Places_behind_dots_and_sorting_of_equals")]
    public void A_template_writes_what_Python_writes(string template, string expected) =>
        Assert.That(Render(template), Is.EqualTo(expected));

    [TestCase("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "steps")]
    [TestCase("{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "characters")]
    [TestCase("{{ 'x' * 1000000000000 }}", "characters")]
    [TestCase("{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = ns.l + ns.l %}{% endfor %}", "steps")]
    [TestCase(
        "{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}", "steps|characters")]
    [TestCase("{% set ns = namespace(l=[1]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}", "deep")]
    [TestCase("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deep")]
    [TestCase("{{ range(10000000000) }}", "100000")]
    [TestCase("{{ 'x'.ljust(9999999999) }}", "characters")]
    [TestCase("{{ 10 ** 100 }}", "too large")]
    [TestCase("{{ ''.__class__.__mro__ }}", "undefined")]
    [TestCase("{{ messages.append(1) }}", "may not change")]
    [TestCase("{% set s = 'x' * 16000000 %}{% for i in range(100000) %}{% if s[0] == s|last %}{% endif %}{% endfor %}", "steps")]
    [TestCase("{% set s = ['x' * 16000000] * 100000 %}{{ s|map('upper')|map('length')|sum }}", "steps")]
    [TestCase("{% set s = 'x' * 8000000 %}{% set t = 'x' * 8000000 %}{{ ([s] * 100000)|unique|list }}{{ [t] * 9 == [s] * 9 }}{{ ([t] * "
        + "100000)|sort }}", "steps")]
    [TestCase("{{ [1, 'a', {}]|sort }}", "no order")]
    [TestCase("{{ ('%999999999d' % 1)|length }}", "format")]
    [TestCase("{{ '{:99999999}'.format(1) }}", "format")]
    [TestCase("{{ 'x'.center(9999999999, '<') }}", "characters")]
    public void A_template_that_takes_too_much_ends_in_an_error_soon(string template, string expected)
    {
        var clock = Stopwatch.StartNew();
        var fault = Assert.Throws<GraftException>(() => Render(template, ("messages", new JinjaList([]))));
        Assert.That(fault!.Message, Does.Match(expected));
        // Not a measurement: a limit that is none would take hours.
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public void Nesting_does_not_reach_the_stack()
    {
        foreach (
            var template in new[] { $"{{{{ {new string('(', 50_000)}1{new string(')', 50_000)} }}}}", $"{{{{ {string.Concat(Enumerable.Repeat("not ", 50_000))}1 }}}}", $"{{{{ {new string('[', 50_000)}{new string(']', 50_000)} }}}}", $"{{{{ {new string('-', 50_000)}1 }}}}" })
            Assert.That(Assert.Throws<GraftException>(() => Render(template))!.Message, Does.Contain("deep"));
        Assert.That(
            Assert.Throws<GraftException>(() => Render(string.Concat(Enumerable.Repeat("{% if 1 %}", 50_000))))!.Message,
            Does.Contain("deep"));
    }

    [TestCase("a\n {{ x | nofilter }}", 2, 9, "no filter \"nofilter\"")]
    [TestCase("{{ x is strange }}", 1, 6, "no test \"strange\"")]
    [TestCase("{% include 'x' %}", 1, 4, "no place in a chat template")]
    [TestCase("{% nonsense %}", 1, 4, "no statement")]
    [TestCase("{{ 1 +", 1, 1, "does not end")]
    [TestCase("{{ 'abc }}", 1, 4, "its quote is missing")]
    [TestCase("{% if x %}", 1, 4, "endif")]
    [TestCase("{{ ) }}", 1, 4, "closes nothing")]
    [TestCase("{{ a b }}", 1, 6, "expected")]
    [TestCase("x{{ nothing.member }}", 1, 12, "\"nothing\" is undefined")]
    [TestCase("{{ 1 + 'a' }}", 1, 6, "not defined between a whole number and a text")]
    [TestCase("{{ raise_exception('no!') }}", 1, 19, "no!")]
    [TestCase("{% break %}", 1, 4, "no loop")]
    public void What_is_wrong_is_named_with_its_place(string template, int line, int column, string expected)
    {
        var message = Assert.Throws<GraftException>(() => Render(template))!.Message;
        Assert.Multiple(() =>
        {
            Assert.That(message, Does.StartWith($"the test's, line {line}, column {column}: "));
            Assert.That(message, Does.Contain(expected));
        });
    }

    [Test]
    public void Text_keeps_where_it_came_from()
    {
        var words = JinjaString.From("  one two  ", new Origin(3));
        var text = JinjaTemplate.Parse(
            "<{{ (w | trim).split(' ')[1] ~ '!' }}>{% generation %}{{ w.strip() }}{% endgeneration %}",
            "t").Render(new Dictionary<string, object?> { ["w"] = words });
        Assert.That(text.Value, Is.EqualTo("<two!>one two"));
        Assert.That(text.Runs, Is.EqualTo(new[]
        {
            new OriginRun(1, default), new OriginRun(4, new Origin(3)), new OriginRun(6, default),
            new OriginRun(13, new Origin(3, Generated: true)),
        }));
    }

    static string Render(string template, params (string Name, object? Value)[] variables) =>
        JinjaTemplate.Parse(template, "the test's").Render(
            variables.ToDictionary(variable => variable.Name, variable => variable.Value)).Value;
}
