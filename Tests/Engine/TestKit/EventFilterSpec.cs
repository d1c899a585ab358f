using Akka.Actor;
using Akka.Event;
using Xunit.Sdk;

namespace Mooring.Tests.Engine.TestKitSpecs;

public class EventFilterSpec : Akka.TestKit.Xunit2.TestKit
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    public EventFilterSpec() : base("akka.loglevel = DEBUG")
    {
    }

    [Fact]
    public void Log_events_are_expected_by_level_and_text()
    {
        EventFilter.Info("exactly this").ExpectOne(() => Log.Info("exactly this"));
        EventFilter.Warning(start: "begins").ExpectOne(() => Log.Warning("begins so"));
        EventFilter.Error(contains: "middle").ExpectOne(() => Log.Error("the middle of it"));
        EventFilter.Debug(new System.Text.RegularExpressions.Regex("^n=\\d+$")).Expect(2, () =>
        {
            Log.Debug("n={0}", 1);
            Log.Debug("n={0}", 22);
        });
    }

    [Fact]
    public async Task Log_events_are_expected_asynchronously()
    {
        await EventFilter.Info("later").ExpectOneAsync(async () =>
        {
            await Task.Yield();
            Log.Info("later");
        });
    }

    [Fact]
    public void An_exception_is_expected_by_type_and_text()
    {
        EventFilter.Exception<ArgumentException>("bad").ExpectOne(() => Log.Error(new ArgumentException("bad"), "it failed"));
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() => Log.Error(new InvalidOperationException("x"), "it failed"));
    }

    [Fact]
    public void Too_few_and_too_many_events_are_errors()
    {
        var none = Assert.Throws<XunitException>(() => EventFilter.Info("never").ExpectOne(Short, () => { }));
        Assert.Contains("0/1", none.Message);
        Assert.Throws<XunitException>(() => EventFilter.Info("none").Expect(0, () => Log.Info("none")));
        EventFilter.Info("none").Expect(0, Short, () => { });
    }

    [Fact]
    public void Dead_letters_are_expected_by_type()
    {
        var gone = ActorOf(Akka.TestKit.TestActors.BlackHoleActor.Props);
        Watch(gone);
        Sys.Stop(gone);
        ExpectTerminated(gone);
        EventFilter.DeadLetter<string>().ExpectOne(() => gone.Tell("too late"));
        EventFilter.DeadLetter<int>(i => i > 1).And.Info("and this").Expect(2, () =>
        {
            gone.Tell(2);
            Log.Info("and this");
        });
    }
}
