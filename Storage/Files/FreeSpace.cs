using System.Numerics;

namespace Mooring.Storage.Files;

/// <summary>
/// The free blocks of the data region, as runs in order. Takes the first run that is long enough, so that what was stored once, and is not used any more
/// or was never committed, is used again before the image grows; when there is none, several shorter ones. Used from several threads.
/// </summary>
internal sealed class FreeSpace
{
    private readonly Lock _gate = new();
    private readonly List<Blocks> _runs = [];
    // For each power of two: no run of at least so many blocks begins before this block. Spares looking through short runs for a long one.
    private readonly long[] _nothingBefore = new long[64];
    private long _free;

    /// <summary>Makes one.</summary>
    /// <param name="layout">Where the data region lies.</param>
    /// <param name="used">The blocks that are in use.</param>
    public FreeSpace(AreaLayout layout, IEnumerable<Blocks> used)
    {
        var all = new Blocks(layout.DataStart / AreaLayout.BlockBytes, layout.DataEnd / AreaLayout.BlockBytes);
        var at = all.Start;
        foreach (var run in used.OrderBy(run => run.Start))
        {
            if (run.Start > at)
                _runs.Add(new Blocks(at, run.Start));
            at = Math.Max(at, run.End);
        }
        if (at < all.End)
            _runs.Add(new Blocks(at, all.End));
        _free = _runs.Sum(run => run.Count);
    }

    /// <summary>How many blocks are free.</summary>
    public long FreeBlocks
    {
        get
        {
            lock (_gate)
                return _free;
        }
    }

    /// <summary>Takes so many blocks, in as few runs as there are; null when there are not so many.</summary>
    public List<Blocks>? Take(long count)
    {
        lock (_gate)
        {
            if (count > _free)
                return null;
            var taken = new List<Blocks>();
            for (var left = count; left > 0;)
            {
                var i = FindRun(left);
                var run = _runs[i];
                var part = run with { End = Math.Min(run.End, run.Start + left) };
                taken.Add(part);
                left -= part.Count;
                if (part.End == run.End)
                    _runs.RemoveAt(i);
                else
                    _runs[i] = run with { Start = part.End };
            }
            _free -= count;
            return taken;
        }
    }

    /// <summary>Gives blocks back.</summary>
    public void Give(IEnumerable<Blocks> runs)
    {
        lock (_gate)
        {
            foreach (var run in runs)
                Give(run);
        }
    }

    // The first run that is long enough, else the longest.
    private int FindRun(long count)
    {
        var power = BitOperations.Log2((ulong)count);
        var seenSuch = false;
        for (var i = IndexAt(_nothingBefore[power]); i < _runs.Count; i++)
        {
            if (!seenSuch && BitOperations.Log2((ulong)_runs[i].Count) >= power)
                (seenSuch, _nothingBefore[power]) = (true, _runs[i].Start);
            if (_runs[i].Count >= count)
                return i;
        }
        if (!seenSuch)
            _nothingBefore[power] = long.MaxValue;
        var longest = 0;
        for (var i = 1; i < _runs.Count; i++)
        {
            if (_runs[i].Count > _runs[longest].Count)
                longest = i;
        }
        return longest;
    }

    private void Give(Blocks run)
    {
        if (run.Count <= 0)
            return;
        var i = IndexAt(run.Start);
        if ((i < _runs.Count && _runs[i].Start < run.End) || (i > 0 && _runs[i - 1].End > run.Start))
            throw new InvalidOperationException($"blocks {run.Start} to {run.End} are free already");
        _free += run.Count;
        var joinsNext = i < _runs.Count && _runs[i].Start == run.End;
        var joinsLast = i > 0 && _runs[i - 1].End == run.Start;
        var whole = new Blocks(joinsLast ? _runs[i - 1].Start : run.Start, joinsNext ? _runs[i].End : run.End);
        if (joinsLast)
            _runs[--i] = whole;
        else if (joinsNext)
            _runs[i] = whole;
        else
            _runs.Insert(i, whole);
        if (joinsLast && joinsNext)
            _runs.RemoveAt(i + 1);
        for (var power = BitOperations.Log2((ulong)whole.Count); power >= 0; power--)
            _nothingBefore[power] = Math.Min(_nothingBefore[power], whole.Start);
    }

    /// <summary>The index of the first run that begins at or after a block.</summary>
    private int IndexAt(long block)
    {
        var (low, high) = (0, _runs.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_runs[middle].Start < block)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
