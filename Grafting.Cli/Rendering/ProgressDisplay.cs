using System.Globalization;
using System.Text;
using Grafting.Core.Running;

namespace Grafting.Cli.Rendering;

/// <summary>
/// Shows where a job stands: one line that is redrawn on a terminal, else a plain line now and then. May be fed from any thread.
/// </summary>
sealed class ProgressDisplay(TextWriter writer, Terminal terminal, TimeProvider clock) : IProgress<ProgressReport>, IDisposable
{
    const string ToLineStart = "\r\u001b[K"; // carriage return, then erase to the end of the line
    const int BarWidth = 24;
    static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    readonly Lock _gate = new();
    ProgressReport? _current;
    long _firstDone;
    long _startedAt;
    long _shownAt;
    bool _lineIsOpen;
    bool _currentIsShown;

    public void Report(ProgressReport value)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (_current is not { } previous || previous.Stage != value.Stage)
            {
                CloseStage();
                (_firstDone, _startedAt, _shownAt) = (value.Done, now, now);
                _current = value;
                _currentIsShown = false;
                if (terminal.Interactive) Show(now);
                return;
            }

            _current = value;
            _currentIsShown = false;
            var pause = terminal.Interactive ? BetweenFrames : BetweenLines;
            if (clock.GetElapsedTime(_shownAt, now) >= pause) Show(now);
        }
    }

    /// <summary>Writes lines of text between two states of the progress line.</summary>
    public void WriteBetween(Action<TextWriter> write)
    {
        lock (_gate)
        {
            if (_lineIsOpen) writer.Write(ToLineStart);
            write(writer);
            if (_lineIsOpen) Show(clock.GetTimestamp());
        }
    }

    public void Dispose()
    {
        lock (_gate) CloseStage();
    }

    /// <summary>The last state of a stage always stays to be read.</summary>
    void CloseStage()
    {
        if (_current is null) return;
        if (!_currentIsShown) Show(clock.GetTimestamp());
        if (_lineIsOpen) writer.WriteLine();
        _lineIsOpen = false;
        _current = null;
    }

    void Show(long now)
    {
        var report = _current!.Value;
        var text = Describe(report, clock.GetElapsedTime(_startedAt, now));
        if (terminal.Interactive)
        {
            if (text.Length >= terminal.Width) text = text[..(terminal.Width - 1)];
            writer.Write(ToLineStart + text);
            writer.Flush();
            _lineIsOpen = true;
        }
        else
        {
            writer.WriteLine(text);
        }

        _shownAt = now;
        _currentIsShown = true;
    }

    string Describe(ProgressReport report, TimeSpan elapsed)
    {
        var text = new StringBuilder(report.Stage);
        if (report.Total > 0)
        {
            var share = Math.Clamp((double)report.Done / report.Total, 0, 1);
            if (terminal.Interactive)
            {
                var full = (int)(share * BarWidth);
                text.Append(" [").Append('#', full).Append('.', BarWidth - full).Append(']');
            }

            text.Append(CultureInfo.InvariantCulture, $" {share * 100,3:0}% {Quantity.Pair(report.Done, report.Total, report.Unit)}");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $" {Quantity.Of(report.Done, report.Unit)}");
        }

        var fresh = report.Done - _firstDone;
        if (fresh > 0 && elapsed > TimeSpan.Zero)
        {
            var rate = fresh / elapsed.TotalSeconds;
            text.Append(", ").Append(Quantity.Rate(rate, report.Unit));
            if (report.Total > report.Done)
            {
                text.Append(", ").Append(Quantity.Duration(TimeSpan.FromSeconds((report.Total - report.Done) / rate))).Append(" left");
            }
            else
            {
                text.Append(", took ").Append(Quantity.Duration(elapsed));
            }
        }

        foreach (var (name, value) in report.Values ?? []) text.Append(", ").Append(name).Append(' ').Append(value);
        return text.ToString();
    }
}
