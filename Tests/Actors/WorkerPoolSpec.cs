using Akka.Actor;
using Mooring.Actors.Nodes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Actors;

/// <summary>Which worker does what next.</summary>
public sealed class WorkerPoolSpec : ActorSpec
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private readonly WorkerPool _pool = new(new WorkerPoolLimits(Count: 2, StandInMax: 2, Slow, QueueMax: 10));
    private readonly IActorRef[] _workers;
    private readonly IActorRef _asker;

    public WorkerPoolSpec()
    {
        _workers = [.. Enumerable.Range(0, 4).Select(i => CreateTestProbe($"worker-{i}").Ref)];
        _asker = CreateTestProbe("asker").Ref;
        _pool.Free(_workers[0]);
        _pool.Free(_workers[1]);
    }

    [Fact]
    public void Requests_are_served_in_their_order_by_those_that_are_free()
    {
        Ask("a", "b", "c");

        Assert.Equal([("a", 0), ("b", 1)], [Assigned(0), Assigned(0)]);
        Assert.Null(_pool.Assign(default));
        _pool.Free(_workers[1]);
        Assert.Equal(("c", 1), Assigned(0));
    }

    [Fact]
    public void Who_has_a_worker_gets_no_other_for_the_same_operation()
    {
        Ask("a");
        Assigned(0);
        Ask("a");
        Assert.Equal(0, _pool.WaitingCount);
        _pool.Free(_workers[0]);
        Ask("a");

        Assert.Equal(1, _pool.WaitingCount);
    }

    [Fact]
    public void What_takes_long_is_stood_in_for_while_others_wait()
    {
        Ask("a", "b");
        Assigned(0);
        Assigned(0);
        Assert.False(_pool.NeedsStandIn(Slow));
        Ask("c");
        Assert.False(_pool.NeedsStandIn(TimeSpan.Zero));
        Assert.True(_pool.NeedsStandIn(Slow));
        _pool.Hire(_workers[2], Slow);
        Assert.False(_pool.NeedsStandIn(Slow));
        _pool.Free(_workers[2]);

        Assert.Equal(("c", 2), Assigned(1));
    }

    [Fact]
    public void There_are_not_more_that_stand_in_than_may_be()
    {
        Ask("a", "b", "c", "d", "e");
        Assigned(0);
        Assigned(0);
        for (var i = 2; i < 4; i++)
        {
            Assert.True(_pool.NeedsStandIn(i * Slow));
            _pool.Hire(_workers[i], i * Slow);
            _pool.Free(_workers[i]);
            Assigned(i);
        }

        Assert.False(_pool.NeedsStandIn(10 * Slow));
    }

    [Fact]
    public void Who_stands_in_goes_when_the_others_are_back()
    {
        Ask("a", "b", "c");
        Assigned(0);
        Assigned(0);
        _pool.Hire(_workers[2], Slow);
        _pool.Free(_workers[2]);
        Assigned(1);
        _pool.Free(_workers[2]);
        Assert.Null(_pool.Dismiss(2 * Slow));
        _pool.Free(_workers[0]);
        Assert.Null(_pool.Dismiss(2 * Slow));
        _pool.Free(_workers[1]);

        Assert.Equal(_workers[2], _pool.Dismiss(2 * Slow));
        Assert.Null(_pool.Dismiss(2 * Slow));
    }

    [Fact]
    public void What_is_tried_again_takes_half_of_them_at_most()
    {
        AskAgain("a", "b", "c");
        Ask("d");
        Assigned(0);
        Assigned(0);
        Assert.True(_pool.NeedsStandIn(Slow));
        _pool.Hire(_workers[2], Slow);
        _pool.Free(_workers[2]);

        Assert.Equal(("d", 2), Assigned(1));
        _pool.Free(_workers[2]);
        Assert.Null(_pool.Assign(Slow));
        _pool.Free(_workers[0]);
        Assert.Equal(("c", 2), Assigned(1));
    }

    private void Ask(params string[] names) => Assert.All(names, name => Assert.True(_pool.Enqueue(new RequestWorker(Id(name), new DeleteVolume(VolumeId.Parse("rbd/v"))), _asker)));

    private void AskAgain(params string[] names) => Assert.All(names, name => Assert.True(_pool.Enqueue(new RequestWorker(Id(name), null), _asker)));

    private (string Name, int Worker) Assigned(double seconds)
    {
        var (worker, request, _) = _pool.Assign(TimeSpan.FromSeconds(seconds))!.Value;
        return ("abcde".Select(c => $"{c}").First(name => Id(name) == request.Operation), Array.IndexOf(_workers, worker));
    }
}
