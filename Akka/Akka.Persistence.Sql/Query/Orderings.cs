namespace Akka.Persistence.Sql.Query;

/// <summary>How far the journal can be read. Everything up to <paramref name="Settled"/> is there or will never be.</summary>
/// <param name="Settled">The ordering that queries over all entities may read to.</param>
/// <param name="Highest">The highest ordering that has been seen.</param>
internal readonly record struct JournalPosition(long Settled, long Highest);

/// <summary>
/// Finds out how far the journal can be read where transactions commit in another order than they take their orderings: a gap is a
/// transaction that has not ended yet, or one that was rolled back. It is waited for; when an ordering behind it has been visible for
/// a number of looks and nothing came, nothing will come.
/// </summary>
internal sealed class Orderings(bool commitsInOrder, int tries)
{
    // What was the highest ordering at each of the last looks that count.
    private readonly Queue<long> _highest = new();

    public JournalPosition Position { get; private set; }

    /// <summary>A look at the journal.</summary>
    /// <param name="highest">The highest ordering.</param>
    /// <param name="behind">The orderings behind the settled one, from lower to higher, without an omission.</param>
    /// <param name="counts">Whether enough time has passed since the last one that counted.</param>
    public void Observe(long highest, IReadOnlyList<long> behind, bool counts)
    {
        highest = Math.Max(highest, Position.Highest);
        var settled = commitsInOrder ? highest : Position.Settled;
        foreach (var ordering in behind)
        {
            if (ordering != settled + 1)
                break;
            settled = ordering;
        }

        if (counts)
        {
            _highest.Enqueue(highest);
            if (_highest.Count > tries)
                settled = Math.Max(settled, _highest.Dequeue());
        }
        Position = new JournalPosition(settled, Math.Max(highest, settled));
    }
}
