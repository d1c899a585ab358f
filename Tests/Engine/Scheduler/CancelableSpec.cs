using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Configs;

namespace Mooring.Tests.Engine.SchedulerSpecs;

public class CancelableSpec : Akka.TestKit.Xunit2.TestKit
{
    public CancelableSpec() : base(TestConfigs.TestSchedulerConfig)
    {
    }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void Canceling_is_seen_by_the_token_whenever_it_is_asked_for()
    {
        using var early = new Cancelable(Sys.Scheduler);
        var token = early.Token;
        early.Cancel();
        Assert.True(token.IsCancellationRequested && early.IsCancellationRequested);

        using var late = new Cancelable(Sys.Scheduler);
        late.Cancel();
        Assert.True(late.Token.IsCancellationRequested);
    }

    [Fact]
    public void It_cancels_itself_after_a_time()
    {
        using var cancelable = new Cancelable(Sys.Scheduler, TimeSpan.FromSeconds(5));
        Scheduler.Advance(TimeSpan.FromSeconds(4));
        Assert.False(cancelable.IsCancellationRequested);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        Assert.True(cancelable.IsCancellationRequested);
    }

    [Fact]
    public void A_linked_one_follows_any_of_the_others()
    {
        using var one = new Cancelable(Sys.Scheduler);
        using var other = new Cancelable(Sys.Scheduler);
        var linked = Cancelable.CreateLinkedCancelable(Sys.Scheduler, one, other);
        Assert.False(linked.IsCancellationRequested);
        other.Cancel();
        Assert.True(linked.IsCancellationRequested);
        Assert.False(one.IsCancellationRequested);
    }

    [Fact]
    public void A_disposed_one_cannot_be_canceled()
    {
        var cancelable = new Cancelable(Sys.Scheduler);
        cancelable.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cancelable.Cancel());
        ((ICancelable?)null).CancelIfNotNull();
    }
}
