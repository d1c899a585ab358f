namespace Mooring.Storage.Files;

/// <summary>
/// The free blocks of the data region, as runs in order. Takes the next run that is long enough after the last one it took, so that what is written
/// together lies together; when there is none, several shorter ones. Used from several threads.
/// </summary>
internal sealed class FreeSpace
{
    private readonly Lock _gate = new();
    private readonly List<Blocks> _runs = [];
    private long _free;
    private long _cursor;

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
        _cursor = _runs.Count > 0 ? _runs[^1].Start : 0;
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
                _cursor = part.End;
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

    // The first run after the cursor that is long enough, else the first at all, else the longest.
    private int FindRun(long count)
    {
        var start = IndexAt(_cursor);
        var longest = -1;
        for (var step = 0; step < _runs.Count; step++)
        {
            var i = (start + step) % _runs.Count;
            if (_runs[i].Count >= count)
                return i;
            if (longest < 0 || _runs[i].Count > _runs[longest].Count)
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
        if (i > 0 && _runs[i - 1].End == run.Start)
        {
            _runs[i - 1] = _runs[i - 1] with { End = joinsNext ? _runs[i].End : run.End };
            if (joinsNext)
                _runs.RemoveAt(i);
        }
        else if (joinsNext)
        {
            _runs[i] = _runs[i] with { Start = run.Start };
        }
        else
        {
            _runs.Insert(i, run);
        }
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
