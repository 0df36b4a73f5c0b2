using System.Collections.Concurrent;
using Grafting.Core.Checkpoints;
using Microsoft.Win32.SafeHandles;

namespace Grafting.Core.Data.Parquet;

/// <param name="Definition">Level to which the entry is defined.</param>
/// <param name="Repetition">Level of the list that it goes on with; 0 begins a row.</param>
/// <param name="Value">A <see cref="ReadOnlyMemory{T}"/> of bytes, a double or a long; null where there is none.</param>
readonly record struct ParquetCell(int Definition, int Repetition, object? Value);

/// <summary>Reads any row of any column. Pages that were unpacked are kept for the rows beside it. Safe for concurrent use.</summary>
sealed class ParquetPages(SafeFileHandle file, string path, ParquetFooter footer)
{
    const int MostHeader = 16 << 20;

    readonly ConcurrentDictionary<(int Group, int Column), PageSpot[]> _spots = new();
    readonly PageCache _kept = new();

    /// <param name="FirstRow">In the row group; that of the next page when it begins none.</param>
    readonly record struct PageSpot(long Offset, int HeaderLength, int BodyLength, int FirstRow, int Rows);

    /// <summary>The entries of a row: one outside of lists.</summary>
    /// <exception cref="InvalidDataException">Malformed.</exception>
    /// <exception cref="EndOfStreamException">A header ends too early.</exception>
    public ParquetCell[] Row(ParquetColumn column, int row)
    {
        var group = GroupOf(row);
        row -= footer.Groups[group].FirstRow;
        var spots = _spots.TryGetValue((group, column.Index), out var known)
            ? known
            : _spots.GetOrAdd((group, column.Index), Walk(group, column));
        var place = Array.FindLastIndex(spots, spot => spot.FirstRow <= row && spot.Rows > 0);
        var page = Page(group, column, spots[place]);
        if (page.Starts is null) return [Cell(page, row - spots[place].FirstRow)];
        if (row - spots[place].FirstRow >= page.Starts.Length) throw new InvalidDataException("a page has fewer rows than its header says");
        var cells = new List<ParquetCell>();
        var entry = page.Starts[row - spots[place].FirstRow];
        do cells.Add(Cell(page, entry++));
        while (entry < page.Entries && page.Repetition![entry] > 0);
        // A row may go on in the pages that follow.
        while (entry == page.Entries && ++place < spots.Length)
        {
            page = Page(group, column, spots[place]);
            for (entry = 0; entry < page.Entries && page.Repetition![entry] > 0; entry++) cells.Add(Cell(page, entry));
        }
        return [.. cells];
    }

    int GroupOf(int row)
    {
        var (low, high) = (0, footer.Groups.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (footer.Groups[middle].FirstRow <= row) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    static ParquetCell Cell(ParquetPage page, int entry)
    {
        var place = page.Places?[entry] ?? entry;
        return new ParquetCell(page.Definition?[entry] ?? 0, page.Repetition?[entry] ?? 0, place < 0 ? null : page.Values.At(place));
    }

    /// <summary>
    /// Finds the pages of a column: its headers are walked along, and only in lists of the first page format are the levels looked at.
    /// </summary>
    PageSpot[] Walk(int group, ParquetColumn column)
    {
        var chunk = footer.Groups[group].Chunks[column.Index];
        var (spots, values, rows) = (new List<PageSpot>(), 0L, 0);
        for (var at = chunk.Start; at < chunk.Start + chunk.Length && values < chunk.Values;)
        {
            var (header, length) = Header(at, chunk.Start + chunk.Length);
            var body = header.Required(3, "a page's packed size", (int)Math.Min(int.MaxValue, chunk.Start + chunk.Length - at - length));
            if ((header.Struct(8) ?? header.Struct(5)) is { } own)
            {
                var spot = new PageSpot(at, length, body, rows, 0);
                var entries = own.Required(1, "a page's number of values");
                values += entries;
                spot = spot with
                {
                    Rows = column.MaxRepetition == 0 ? entries
                        : header.Struct(8)?.Required(3, "a page's number of rows", entries) ?? Page(group, column, spot).Rows,
                };
                spots.Add(spot);
                rows = checked(rows + spot.Rows);
            }
            at += length + body;
        }
        if (values != chunk.Values) throw new InvalidDataException($"a column has {values} values; its header says {chunk.Values}");
        if (rows != footer.Groups[group].Rows)
            throw new InvalidDataException($"a column has {rows} rows, and its row group {footer.Groups[group].Rows}");
        return [.. spots];
    }

    (ThriftStruct Header, int Length) Header(long at, long end)
    {
        for (var window = 1024; ; window *= 16)
        {
            var bytes = new byte[Math.Min(window, end - at)];
            RegularFile.ReadExactly(file, bytes, at, path, "a page's header");
            var reader = new ThriftReader(bytes);
            try
            {
                return (reader.ReadStruct(), reader.At);
            }
            catch (EndOfStreamException) when (bytes.Length < end - at && window < MostHeader)
            {
                // A header with long statistics; read again with more of it.
            }
        }
    }

    ParquetPage Page(int group, ParquetColumn column, PageSpot spot)
    {
        return _kept.Get(spot.Offset, () =>
        {
            var bytes = new byte[spot.HeaderLength + spot.BodyLength];
            RegularFile.ReadExactly(file, bytes, spot.Offset, path, "a page");
            var chunk = footer.Groups[group].Chunks[column.Index];
            return ParquetPage.Decode(
                column, chunk.Codec, new ThriftReader(bytes).ReadStruct(), bytes.AsSpan(spot.HeaderLength), () =>
                    Dictionary(chunk, column).Values);
        });
    }

    ParquetPage Dictionary(ParquetChunk chunk, ParquetColumn column) => _kept.Get(~chunk.Start, () =>
    {
        var (header, length) = Header(chunk.Start, chunk.Start + chunk.Length);
        var own = header.Struct(7) ?? throw new InvalidDataException("a page refers to a dictionary that is not there");
        if (own.Required(2, "a dictionary's encoding") is not (0 or 2)) throw new InvalidDataException("a dictionary is not PLAIN");
        var body = new byte[header.Required(3, "a dictionary's packed size", (int)Math.Min(int.MaxValue, chunk.Length - length))];
        RegularFile.ReadExactly(file, body, chunk.Start + length, path, "a dictionary");
        var size = header.Required(2, "a dictionary's size");
        var values = ParquetValues.Plain(
            column.Type, PageCodec.Decompress(chunk.Codec, body, size), own.Required(1, "a dictionary's number of values"));
        return new ParquetPage(values.Count, null, null, null, null, values, size + (values.Count * 24L));
    });
}

/// <summary>The pages used last.</summary>
sealed class PageCache
{
    const long MostBytes = 256L << 20;

    readonly Dictionary<long, LinkedListNode<(long Key, ParquetPage Page)>> _nodes = [];
    readonly LinkedList<(long Key, ParquetPage Page)> _latest = [];
    readonly Lock _lock = new();
    long _bytes;

    /// <param name="make">Runs outside of the lock, so that two threads may make the same page.</param>
    public ParquetPage Get(long key, Func<ParquetPage> make)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out var known))
            {
                _latest.Remove(known);
                _latest.AddFirst(known);
                return known.Value.Page;
            }
        }
        var page = make();
        lock (_lock)
        {
            if (_nodes.ContainsKey(key)) return page;
            _nodes[key] = _latest.AddFirst((key, page));
            _bytes += page.Size;
            while (_bytes > MostBytes && _latest.Last is { } oldest && oldest.Value.Key != key)
            {
                _latest.RemoveLast();
                _nodes.Remove(oldest.Value.Key);
                _bytes -= oldest.Value.Page.Size;
            }
        }
        return page;
    }
}
