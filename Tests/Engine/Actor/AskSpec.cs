using Akka.Actor;
using Akka.Actor.Internal;

namespace Mooring.Tests.Engine.ActorSpecs;

public sealed class AskSpec : ActorSpec
{
    private IActorRef Echo() => Start(me => me.OnAny(message => me.Sender.Tell(message)));

    private IActorRef Mute() => Start(me => me.OnAny(_ => { }));

    private VirtualPathContainer Temporary => (VirtualPathContainer)((ActorSystemImpl)Sys).Provider.TempContainer;

    [Fact]
    public async Task The_answer_completes_the_task()
    {
        Assert.Equal("hello", await Echo().Ask<string>("hello", Limit));
        Assert.Equal(5, await Echo().Ask(5));
    }

    [Fact]
    public async Task An_answer_of_another_type_fails_the_task() =>
        await Assert.ThrowsAsync<ArgumentException>(() => Echo().Ask<string>(5, Limit));

    [Fact]
    public async Task A_failure_as_the_answer_fails_the_task_with_its_cause()
    {
        var cause = new InvalidOperationException("no");
        Assert.Same(cause, await Assert.ThrowsAsync<InvalidOperationException>(() => Echo().Ask<string>(new Status.Failure(cause), Limit)));
    }

    [Fact]
    public async Task No_answer_in_time_is_an_AskTimeoutException() =>
        await Assert.ThrowsAsync<AskTimeoutException>(() => Mute().Ask<string>("?", TimeSpan.FromMilliseconds(30)));

    [Fact]
    public async Task A_cancelled_Ask_ends_as_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var answer = Mute().Ask<string>("?", cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => answer);
        await Assert.ThrowsAsync<TaskCanceledException>(() => Mute().Ask<string>("?", cancellation.Token));
    }

    [Fact]
    public async Task An_Ask_of_a_dead_actor_times_out()
    {
        var actor = Mute();
        await actor.GracefulStop(Limit);
        await Assert.ThrowsAsync<AskTimeoutException>(() => actor.Ask<string>("?", TimeSpan.FromMilliseconds(30)));
    }

    [Fact]
    public async Task Nothing_is_left_behind_however_it_ends()
    {
        // looking at the path is what registers the temporary actor
        var looking = Start(me =>
        {
            me.On<string>(_ => Assert.StartsWith("akka://spec/temp/", me.Sender.Path.ToString()));
            me.On<int>(number =>
            {
                Assert.Equal(1, Temporary.ChildCount);
                Assert.NotNull(me.Sender.Path);
                me.Sender.Tell(number);
            });
        });
        using var cancellation = new CancellationTokenSource();
        var cancelled = looking.Ask<string>("never answered", cancellation.Token);
        Assert.Equal(7, await looking.Ask<int>(7, Limit));
        await Assert.ThrowsAsync<AskTimeoutException>(() => looking.Ask<string>("never answered", TimeSpan.FromMilliseconds(30)));
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => cancelled);
        Assert.False(Temporary.HasChildren);
    }

    [Fact]
    public void The_temporary_actor_can_be_found_by_its_path_while_it_waits()
    {
        var probe = NewProbe();
        var actor = Start(me => me.On<string>(_ =>
        {
            var path = me.Sender.Path.ToSerializationFormat();
            var found = ((ExtendedActorSystem)me.Context.System).Provider.ResolveActorRef(path);
            Assert.Same(me.Sender, found);
            found.Tell("found");
        }));
        Assert.Equal("found", actor.Ask<string>("where?", Limit).Result);
        Assert.NotNull(probe.Ref);
    }

    [Fact]
    public void A_late_answer_is_a_dead_letter()
    {
        var letters = NewProbe();
        Sys.EventStream.Subscribe(letters.Ref, typeof(Akka.Event.DeadLetter));
        var actor = Start(me => me.OnAny(_ =>
        {
            me.Sender.Tell("first");
            me.Sender.Tell("second");
        }));
        Assert.Equal("first", actor.Ask<string>("?", Limit).Result);
        Assert.Equal("second", letters.Expect<Akka.Event.DeadLetter>().Message);
    }

    [Fact]
    public async Task A_message_can_be_made_with_the_reference_that_waits()
    {
        var actor = Start(me => me.On<IActorRef>(replyTo => replyTo.Tell("to you")));
        Assert.Equal("to you", await actor.Ask<string>(replyTo => replyTo, Limit, CancellationToken.None));
    }

    [Fact]
    public void PipeTo_sends_the_result_or_the_failure()
    {
        var probe = NewProbe();
        Task.FromResult(5).PipeTo(probe.Ref);
        Task.FromResult(5).PipeTo(probe.Ref, success: number => number * 2);
        Task.FromException<int>(new InvalidOperationException("no")).PipeTo(probe.Ref);
        Task.FromException<int>(new InvalidOperationException("no")).PipeTo(probe.Ref, failure: cause => cause.Message);
        Task.FromException(new InvalidOperationException("no")).PipeTo(probe.Ref, failure: cause => cause.Message);
        Task.CompletedTask.PipeTo(probe.Ref, success: () => "done");
        probe.Expect(5, 10);
        Assert.Equal("no", probe.Expect<Status.Failure>().Cause.Message);
        probe.Expect("no", "no", "done");
    }
}
