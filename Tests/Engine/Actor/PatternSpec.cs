using Akka.Actor;
using Akka.Pattern;

namespace Mooring.Tests.Engine.ActorSpecs;

public sealed class PatternSpec : ActorSpec
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);

    private static Props Child(Probe probe) => Acting.Props(me =>
    {
        me.OnPreStart = () => probe.Ref.Tell("starts");
        me.On<Exception>(failure => throw failure);
        me.On<string>(_ => me.Context.Stop(me.Self), text => text == "stop");
        me.On<string>(text => me.Sender.Tell(text));
    });

    [Fact]
    public async Task A_stopped_child_is_started_again_after_a_pause()
    {
        var probe = NewProbe();
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(Backoff.OnStop(Child(probe), "child", Short, Limit, 0).WithManualReset()));
        probe.Expect("starts");
        probe.Send(supervisor, "stop");
        probe.Expect("starts");
        Assert.Equal(1, (await supervisor.Ask<BackoffSupervisor.RestartCount>(BackoffSupervisor.GetRestartCount.Instance, Limit)).Count);
        probe.Send(supervisor, "hello");
        probe.Expect("hello");
        supervisor.Tell(BackoffSupervisor.Reset.Instance);
        Assert.Equal(0, (await supervisor.Ask<BackoffSupervisor.RestartCount>(BackoffSupervisor.GetRestartCount.Instance, Limit)).Count);
    }

    [Fact]
    public async Task A_failed_child_is_started_again_after_a_pause()
    {
        var probe = NewProbe();
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnFailure(Child(probe), "child", Short, Limit, 0).WithManualReset().WithReplyWhileStopped("not now")));
        probe.Expect("starts");
        probe.Send(supervisor, new InvalidOperationException("fail"));
        probe.Expect("starts");
        var child = await supervisor.Ask<BackoffSupervisor.CurrentChild>(BackoffSupervisor.GetCurrentChild.Instance, Limit);
        Assert.Equal("child", child.Ref.Path.Name);
    }

    [Fact]
    public void After_too_many_restarts_the_supervisor_stops()
    {
        var probe = NewProbe();
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnStop(Child(probe), "child", Short, Short, 0).WithManualReset().WithMaxNrOfRetries(1)));
        probe.Watch(supervisor);
        probe.Expect("starts");
        probe.Send(supervisor, "stop");
        probe.Expect("starts");
        probe.Send(supervisor, "stop");
        probe.ExpectTerminated(supervisor);
    }

    [Fact]
    public void After_the_final_message_the_supervisor_stops_with_its_child()
    {
        var probe = NewProbe();
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnStop(Child(probe), "child", Short, Short, 0).WithFinalStopMessage(message => message is "stop")));
        probe.Watch(supervisor);
        probe.Expect("starts");
        probe.Send(supervisor, "stop");
        probe.ExpectTerminated(supervisor);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(1, 200)]
    [InlineData(4, 1000)]
    [InlineData(40, 1000)]
    public void Pauses_double_up_to_the_limit(int restarts, int milliseconds) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(milliseconds),
            BackoffSupervisor.CalculateDelay(restarts, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), 0));

    [Fact]
    public async Task A_circuit_breaker_opens_after_failures_and_closes_after_a_success()
    {
        var events = new System.Collections.Concurrent.BlockingCollection<string>();
        var breaker = new CircuitBreaker(Sys.Scheduler, 2, Limit, TimeSpan.FromMilliseconds(100))
            .OnOpen(() => events.Add("open")).OnHalfOpen(() => events.Add("half-open")).OnClose(() => events.Add("closed"));
        static Task<int> Fail() => Task.FromException<int>(new InvalidOperationException("down"));
        for (var i = 0; i < 2; i++) await Assert.ThrowsAsync<InvalidOperationException>(() => breaker.WithCircuitBreaker(Fail));
        Assert.Equal("open", events.Take());
        var refused = await Assert.ThrowsAsync<OpenCircuitException>(() => breaker.WithCircuitBreaker(() => Task.FromResult(1)));
        Assert.InRange(refused.RemainingDuration.TotalMilliseconds, 0, 100);
        Assert.Equal("half-open", events.Take());

        var trial = new TaskCompletionSource<int>();
        var first = breaker.WithCircuitBreaker(() => trial.Task);
        await Assert.ThrowsAsync<OpenCircuitException>(() => breaker.WithCircuitBreaker(() => Task.FromResult(2)));
        trial.SetResult(1);
        Assert.Equal(1, await first);
        Assert.Equal("closed", events.Take());
        Assert.Equal(3, await breaker.WithCircuitBreaker(() => Task.FromResult(3)));
    }

    [Fact]
    public async Task A_call_that_takes_too_long_is_a_failure()
    {
        var breaker = new CircuitBreaker(Sys.Scheduler, 1, TimeSpan.FromMilliseconds(30), Limit);
        await Assert.ThrowsAsync<TimeoutException>(() => breaker.WithCircuitBreaker(() => new TaskCompletionSource<int>().Task));
        Assert.True(breaker.IsOpen);
    }

    [Fact]
    public async Task Retry_tries_until_it_works_or_attempts_are_used_up()
    {
        var tried = 0;
        Task<int> Attempt() => ++tried < 3 ? Task.FromException<int>(new InvalidOperationException("not yet")) : Task.FromResult(tried);
        Assert.Equal(3, await RetrySupport.Retry(Attempt, 5, TimeSpan.FromMilliseconds(5), Sys.Scheduler));
        tried = -10;
        await Assert.ThrowsAsync<InvalidOperationException>(() => RetrySupport.Retry(Attempt, 2));
        Assert.Equal(-8, tried);
    }
}
