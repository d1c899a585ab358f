using Akka.Persistence.Sql.Query;

namespace Mooring.Tests.Engine.PersistenceSql;

/// <summary>How far a journal can be read whose events become visible out of order.</summary>
public sealed class OrderingsSpec
{
    private readonly Orderings _orderings = new(commitsInOrder: false, tries: 3);

    private long Settled => _orderings.Position.Settled;

    [Fact]
    public void Without_gaps_everything_is_settled_at_once()
    {
        _orderings.Observe(3, [1, 2, 3], counts: false);
        Assert.Equal(new JournalPosition(3, 3), _orderings.Position);
        _orderings.Observe(5, [4, 5], counts: false);
        Assert.Equal(5, Settled);
        _orderings.Observe(5, [], counts: true);
        Assert.Equal(5, Settled);
    }

    [Fact]
    public void A_gap_holds_up_what_is_behind_it_until_it_is_filled()
    {
        _orderings.Observe(5, [1, 2, 5], counts: true);
        Assert.Equal(new JournalPosition(2, 5), _orderings.Position);
        _orderings.Observe(6, [4, 5, 6], counts: true);
        Assert.Equal(2, Settled);
        _orderings.Observe(6, [3, 4, 5, 6], counts: false);
        Assert.Equal(6, Settled);
    }

    [Fact]
    public void A_gap_is_given_up_after_the_looks_that_count()
    {
        _orderings.Observe(3, [1, 3], counts: true);
        for (var early = 0; early < 10; early++)
            _orderings.Observe(3, [3], counts: false);
        _orderings.Observe(3, [3], counts: true);
        _orderings.Observe(3, [3], counts: true);
        Assert.Equal(1, Settled);
        _orderings.Observe(3, [3], counts: true);
        Assert.Equal(3, Settled);
    }

    [Fact]
    public void A_younger_gap_is_waited_for_as_long_as_the_first_one_was()
    {
        _orderings.Observe(3, [1, 3], counts: true);
        _orderings.Observe(3, [3], counts: true);
        _orderings.Observe(5, [3, 5], counts: true);
        _orderings.Observe(5, [3, 5], counts: true);
        Assert.Equal(3, Settled);
        _orderings.Observe(5, [5], counts: true);
        Assert.Equal(3, Settled);
        _orderings.Observe(5, [5], counts: true);
        Assert.Equal(5, Settled);
    }

    [Fact]
    public void Where_one_writes_at_a_time_a_gap_means_nothing()
    {
        var orderings = new Orderings(commitsInOrder: true, tries: 3);
        orderings.Observe(7, [], counts: false);
        Assert.Equal(new JournalPosition(7, 7), orderings.Position);
    }
}
