using System.Collections.Concurrent;
using Akka.Actor;

namespace Mooring.Tests.Engine.SchedulerSpecs;

public class HashedWheelTimerSchedulerSpec() : Akka.TestKit.Xunit2.TestKit(Generous.Hocon)
{
    private IScheduler Scheduler => Sys.Scheduler;

    [Fact]
    public void A_message_comes_once_and_not_before_its_time()
    {
        var start = Scheduler.MonotonicClock;
        Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(60), TestActor, "once", ActorRefs.NoSender);
        ExpectMsg("once");
        Assert.True(Scheduler.MonotonicClock - start >= TimeSpan.FromMilliseconds(60));
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void A_message_comes_from_the_sender_that_was_named()
    {
        var probe = CreateTestProbe();
        Scheduler.ScheduleTellOnce(10, TestActor, "from", probe.Ref);
        ExpectMsgFrom(probe.Ref, "from");
    }

    [Fact]
    public void A_repeated_message_comes_until_it_is_canceled()
    {
        var cancelable = Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, TimeSpan.FromMilliseconds(20), TestActor, "tick", ActorRefs.NoSender);
        ReceiveN(4);
        cancelable.Cancel();
        // What was on its way comes before what is scheduled now; on a busy machine that may be several.
        Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(20), TestActor, "end", ActorRefs.NoSender);
        FishForMessage<string>(message => message == "end");
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void Repetition_keeps_its_rate()
    {
        // Fifteen intervals of two ticks: a scheduler that waits the interval after each run would need three ticks for each. A busy machine
        // may hold one series up; that it holds all of them up by the same half is the scheduler's doing.
        Assert.Contains(Enumerable.Range(0, 20), _ =>
        {
            var times = new BlockingCollection<TimeSpan>();
            using var cancelable = new Cancelable(Scheduler);
            Scheduler.Advanced.ScheduleRepeatedly(TimeSpan.Zero, TimeSpan.FromMilliseconds(20), () => times.Add(Scheduler.MonotonicClock), cancelable);
            var seen = times.GetConsumingEnumerable().Take(16).ToList();
            cancelable.Cancel();
            return (seen[^1] - seen[0]).TotalMilliseconds is >= 270 and <= 440;
        });
    }

    [Fact]
    public void Work_runs_in_the_order_of_its_time()
    {
        foreach (var delay in (int[])[90, 30, 60]) Scheduler.ScheduleTellOnce(delay, TestActor, delay, ActorRefs.NoSender);
        Assert.Equal([30, 60, 90], ReceiveN(3).Cast<int>());

        for (var i = 0; i < 100; i++) Scheduler.ScheduleTellOnce(20, TestActor, i, ActorRefs.NoSender);
        Assert.Equal(Enumerable.Range(0, 100), ReceiveN(100).Cast<int>());
    }

    [Fact]
    public void A_delay_longer_than_a_turn_of_the_wheel_is_kept()
    {
        using var scheduler = new HashedWheelTimerScheduler("akka.scheduler { tick-duration = 5ms, ticks-per-wheel = 4 }", Log);
        IScheduler it = scheduler;
        var start = it.MonotonicClock;
        it.ScheduleTellOnce(TimeSpan.FromMilliseconds(150), TestActor, "long", ActorRefs.NoSender);
        ExpectMsg("long");
        Assert.True(it.MonotonicClock - start >= TimeSpan.FromMilliseconds(150));
    }

    [Fact]
    public void What_is_canceled_before_its_time_does_not_happen()
    {
        Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(40), TestActor, "never", ActorRefs.NoSender, Cancelable.CreateCanceled());
        var cancelable = Scheduler.ScheduleTellOnceCancelable(TimeSpan.FromMinutes(1), TestActor, "never", ActorRefs.NoSender);
        cancelable.Cancel();
        Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(60), TestActor, "end", ActorRefs.NoSender);
        ExpectMsg("end");
        Assert.True(cancelable.IsCancellationRequested);
    }

    [Fact]
    public void What_is_canceled_while_it_waits_in_the_wheel_does_not_happen()
    {
        using var scheduler = new HashedWheelTimerScheduler("akka.scheduler { tick-duration = 10ms, ticks-per-wheel = 4 }", Log);
        IScheduler it = scheduler;
        // begun and ended on the scheduler's own thread, where nothing can come in between
        it.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(1), () =>
        {
            var cancelable = it.ScheduleTellOnceCancelable(40, TestActor, "never", ActorRefs.NoSender);
            it.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(20), cancelable.Cancel);
        });
        it.ScheduleTellOnce(TimeSpan.FromMilliseconds(100), TestActor, "end", ActorRefs.NoSender);
        ExpectMsg("end");
    }

    [Fact]
    public void An_action_that_throws_is_logged_and_the_scheduler_goes_on()
    {
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() =>
            Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(1), () => throw new InvalidOperationException("boom")));
        Scheduler.ScheduleTellOnce(1, TestActor, "on", ActorRefs.NoSender);
        ExpectMsg("on");
    }

    [Fact]
    public void It_sleeps_while_there_is_nothing_and_wakes_for_new_work()
    {
        for (var i = 0; i < 20; i++)
        {
            Scheduler.ScheduleTellOnce(0, TestActor, i, ActorRefs.NoSender);
            ExpectMsg(i);
        }
    }

    [Fact]
    public void Work_from_many_threads_is_all_done()
    {
        var count = new CountdownEvent(4000);
        Parallel.For(0, 4000, i => Scheduler.Advanced.ScheduleOnce(i % 50, () => count.Signal()));
        Assert.True(count.Wait(TimeSpan.FromSeconds(30)), $"{count.CurrentCount} of 4000 did not run");
    }

    [Fact]
    public void Senseless_times_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(-1), TestActor, "", ActorRefs.NoSender));
        Assert.Throws<ArgumentOutOfRangeException>(() => Scheduler.Advanced.ScheduleRepeatedly(TimeSpan.Zero, TimeSpan.Zero, () => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HashedWheelTimerScheduler("akka.scheduler.tick-duration = 0.5ms", Log));
    }

    [Fact]
    public void A_stopped_scheduler_takes_nothing_more()
    {
        var scheduler = new HashedWheelTimerScheduler("akka.scheduler.tick-duration = 10ms", Log);
        scheduler.Dispose();
        Assert.Throws<SchedulerException>(() => ((IScheduler)scheduler).ScheduleTellOnce(1, TestActor, "", ActorRefs.NoSender));
    }
}
