using System.Diagnostics;

namespace Mooring.Tests.Common;

/// <summary>What has happened, in order, told from any thread; and waiting for what is still to happen.</summary>
/// <param name="where">What a time-out names as the place.</param>
internal sealed class Occurrences<T>(string where)
    where T : notnull
{
    private readonly List<T> _all = [];
    private readonly List<(Func<T, bool> Matches, TaskCompletionSource<T> Seen)> _waiting = [];

    /// <summary>All so far, in order.</summary>
    public IReadOnlyList<T> All
    {
        get
        {
            lock (_all)
                return [.. _all];
        }
    }

    public void Add(T occurrence)
    {
        lock (_all)
        {
            _all.Add(occurrence);
            foreach (var (_, seen) in _waiting.Where(w => w.Matches(occurrence)))
                seen.TrySetResult(occurrence);
            _waiting.RemoveAll(w => w.Seen.Task.IsCompleted);
        }
    }

    /// <summary>Completes with the first that matches, past or future.</summary>
    /// <exception cref="TimeoutException">There was none in time; names all that there were.</exception>
    public async Task<T> First(Func<T, bool> matches, string what, TimeSpan limit)
    {
        try
        {
            return await Find(matches).WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{where}: no {what} within {limit}. So far:\n  {string.Join("\n  ", All)}");
        }
    }

    /// <summary>Asks again and again until the answer is the wanted one.</summary>
    /// <exception cref="TimeoutException">It was not in time; names all that has happened.</exception>
    public async Task Until<TAnswer>(Func<Task<TAnswer>> ask, Func<TAnswer, bool> wanted, string what, TimeSpan limit)
    {
        var begin = Stopwatch.GetTimestamp();
        while (!wanted(await ask()))
        {
            if (Stopwatch.GetElapsedTime(begin) > limit)
                throw new TimeoutException($"{where}: no {what} within {limit}. So far:\n  {string.Join("\n  ", All)}");
        }
    }

    private Task<T> Find(Func<T, bool> matches)
    {
        lock (_all)
        {
            foreach (var known in _all)
            {
                if (matches(known))
                    return Task.FromResult(known);
            }
            var seen = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((matches, seen));
            return seen.Task;
        }
    }
}
