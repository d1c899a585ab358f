using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Configs;

namespace Mooring.Tests.Engine.TestKitSpecs;

public class TestSchedulerSpec : Akka.TestKit.Xunit2.TestKit
{
    public TestSchedulerSpec() : base(TestConfigs.TestSchedulerConfig)
    {
    }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void Messages_come_when_time_is_advanced_and_not_before()
    {
        Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(2), TestActor, "later", ActorRefs.NoSender);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        Assert.False(HasMessages);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        ExpectMsg("later");
    }

    [Fact]
    public void Repeated_messages_come_as_often_as_they_are_due_until_canceled()
    {
        var cancelable = Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TestActor, "tick", ActorRefs.NoSender);
        Scheduler.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(3, ReceiveN(3).Count);
        cancelable.Cancel();
        Scheduler.Advance(TimeSpan.FromHours(1));
        Assert.False(HasMessages);
    }

    [Fact]
    public void Work_sees_the_moment_at_which_it_is_due()
    {
        var start = Scheduler.Now;
        var seen = new List<TimeSpan>();
        Scheduler.ScheduleOnce(TimeSpan.FromSeconds(3), () => seen.Add(Scheduler.Now - start));
        Scheduler.ScheduleOnce(TimeSpan.FromSeconds(1), () => seen.Add(Scheduler.Now - start));
        Scheduler.AdvanceTo(start + TimeSpan.FromMinutes(1));
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)], seen);
        Assert.Equal(start + TimeSpan.FromMinutes(1), Scheduler.Now);
    }
}
